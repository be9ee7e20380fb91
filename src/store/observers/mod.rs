//! The observers of a session that is open, and their positions.
use super::journal::{self, JournalError, Position};
use super::layout::RunDir;
use super::observer::{Fact, FactKey, Observer, Reaction};
use super::{atomic, beneath};
use crate::engine::State;
use crate::model::{Event, Line};
use crate::plan::Plan;
use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;
use std::fmt;
use std::io;

#[cfg(test)]
mod tests;

/// A fact as it was recorded.
#[derive(Debug)]
pub(super) struct Recorded {
    pub(super) at: Timestamp,
    pub(super) event: Event,
    /// Where it ends in the journal.
    pub(super) end: Position,
}

/// What observers see of the session besides the fact.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) plan: &'a Plan,
    pub(super) state: &'a State,
}

/// Shows a durable observer what it has not reacted to, of a session that nothing runs.
pub fn catch_up(
    observer: impl Observer + 'static,
    dir: &RunDir,
    plan: &Plan,
    state: &State,
) -> Result<(), JournalError> {
    Observers::default().attach(Box::new(observer), dir, Scene { plan, state })
}

/// The attached observers, in the order in which they are told.
#[derive(Default)]
pub(super) struct Observers(Vec<Attached>);

struct Attached {
    observer: Box<dyn Observer>,
    position: Option<StoredPosition>,
    /// The number of the last fact that it was told of without a failure.
    told: u64,
    has_failed: bool,
}

impl Observers {
    /// Attaches an observer. A durable one is told first of what it has not reacted to yet.
    pub(super) fn attach(
        &mut self,
        observer: Box<dyn Observer>,
        dir: &RunDir,
        scene: Scene<'_>,
    ) -> Result<(), JournalError> {
        let position = observer
            .durable_name()
            .map(|name| StoredPosition::load(dir.observer_position(name)));
        let mut attached = Attached {
            observer,
            told: position.as_ref().map_or(0, |position| position.last.seq),
            position,
            has_failed: false,
        };
        attached.catch_up(&dir.journal(), scene)?;
        self.0.push(attached);
        Ok(())
    }

    /// Tells every observer of facts that have just been synced. A durable one that failed catches up first: what was in its
    /// way, such as a full disk, may be gone.
    pub(super) fn notify(&mut self, facts: &[Recorded], journal: &Utf8Path, scene: Scene<'_>) {
        for observer in &mut self.0 {
            if observer.has_failed && observer.position.is_some() {
                observer.try_again(journal, scene);
                continue;
            }
            for fact in facts {
                observer.notify(fact, scene, false);
            }
        }
    }
}

impl fmt::Debug for Observers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Observers").field(&self.0.len()).finish()
    }
}

impl Attached {
    fn try_again(&mut self, journal: &Utf8Path, scene: Scene<'_>) {
        self.has_failed = false;
        if let Err(error) = self.catch_up(journal, scene) {
            tracing::debug!(%error, "an observer cannot catch up");
            self.has_failed = true;
        }
    }

    fn catch_up(&mut self, journal: &Utf8Path, scene: Scene<'_>) -> Result<(), JournalError> {
        let Some(from) = self.position.as_ref().map(|position| position.last) else {
            return Ok(());
        };
        // The number alone says which facts are new, but not where they are.
        let told = self.told;
        let all = || missed(journal, Position::default(), told);
        let missed = if from.offset == 0 {
            all()?
        } else {
            // The journal was repaired since if nothing is there.
            missed(journal, from, told).or_else(|_| all())?
        };
        for fact in &missed {
            self.notify(fact, scene, fact.end.seq == told + 1);
        }
        Ok(())
    }

    fn notify(&mut self, fact: &Recorded, scene: Scene<'_>, again: bool) {
        if self.has_failed {
            return;
        }
        let reaction = self.observer.observe(&Fact {
            key: FactKey {
                run: &scene.plan.run,
                number: fact.end.seq,
            },
            at: fact.at,
            event: &fact.event,
            end: fact.end,
            again,
            plan: scene.plan,
            state: scene.state,
        });
        match (reaction, &mut self.position) {
            (Ok(reaction), position) => {
                self.told = fact.end.seq;
                if let (Reaction::Durable, Some(position)) = (reaction, position) {
                    position.store(fact.end);
                }
            }
            (Err(error), position) => {
                let is_durable = position.is_some();
                tracing::warn!(%error, number = fact.end.seq, is_durable, "an observer failed: a durable one tries again");
                self.has_failed = true;
            }
        }
    }
}

/// Returns the facts behind a position whose numbers are larger than `number`.
fn missed(journal: &Utf8Path, from: Position, number: u64) -> Result<Vec<Recorded>, JournalError> {
    let mut missed = Vec::new();
    journal::read_lines(journal, from, |line, end| {
        if number < line.seq {
            let Line { at, event, .. } = line;
            missed.push(Recorded { at, event, end });
        }
    })?;
    Ok(missed)
}

/// Where the last fact that an observer has reacted to ends, in a file of its own: what is before it is not read again.
struct StoredPosition {
    path: Utf8PathBuf,
    last: Position,
}

impl StoredPosition {
    /// Reads a position. A missing or unreadable one stands before the first fact.
    fn load(path: Utf8PathBuf) -> Self {
        let text = beneath::read(&path).unwrap_or_default();
        let last = serde_json::from_slice(&text).unwrap_or_else(|_| {
            // Once it was the number alone.
            let number = String::from_utf8(text).ok();
            Position {
                seq: number.and_then(|it| it.trim().parse().ok()).unwrap_or(0),
                ..Position::default()
            }
        });
        Self { path, last }
    }

    /// Stores a position. It is not synced: one that is lost or late only repeats facts.
    fn store(&mut self, last: Position) {
        self.last = last;
        let text = serde_json::to_vec(&last);
        let stored = text
            .map_err(io::Error::from)
            .and_then(|text| atomic::replace(&self.path, &text));
        if let Err(error) = stored {
            tracing::warn!(path = %self.path, %error, "an observer's position was not stored");
        }
    }
}
