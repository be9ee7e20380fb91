//! The observers of a session that is open, and their positions.
use super::atomic;
use super::journal::{self, JournalError, Position};
use super::layout::RunDir;
use super::observer::{Fact, FactKey, Observer};
use crate::engine::State;
use crate::model::{Event, Line};
use crate::plan::Plan;
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use jiff::Timestamp;
use std::fmt;

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

/// The attached observers, in the order in which they are told.
#[derive(Default)]
pub(super) struct Observers(Vec<Attached>);

struct Attached {
    observer: Box<dyn Observer>,
    position: Option<StoredPosition>,
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
            position,
            has_failed: false,
        };
        attached.catch_up(&dir.journal(), scene)?;
        self.0.push(attached);
        Ok(())
    }

    /// Tells every observer of facts that have just been synced.
    pub(super) fn notify(&mut self, facts: &[Recorded], scene: Scene<'_>) {
        for observer in &mut self.0 {
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
    fn catch_up(&mut self, journal: &Utf8Path, scene: Scene<'_>) -> Result<(), JournalError> {
        let Some(from) = self.position.as_ref().map(|position| position.number) else {
            return Ok(());
        };
        let mut missed = Vec::new();
        journal::read_lines(journal, Position::default(), |line, end| {
            if from < line.seq {
                let Line { at, event, .. } = line;
                missed.push(Recorded { at, event, end });
            }
        })?;
        for fact in &missed {
            self.notify(fact, scene, fact.end.seq == from + 1);
        }
        Ok(())
    }

    fn notify(&mut self, fact: &Recorded, scene: Scene<'_>, again: bool) {
        if self.has_failed {
            return;
        }
        let told = self.observer.observe(&Fact {
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
        if let Err(error) = told {
            tracing::warn!(%error, number = fact.end.seq, "an observer failed and is told nothing more");
            self.has_failed = true;
        } else if let Some(position) = &mut self.position {
            position.store(fact.end.seq);
        }
    }
}

/// The number of the last fact an observer has reacted to, in a file of its own.
struct StoredPosition {
    path: Utf8PathBuf,
    number: u64,
}

impl StoredPosition {
    /// Reads a position. A missing or unreadable one stands before the first fact.
    fn load(path: Utf8PathBuf) -> Self {
        let number = fs::read_to_string(&path)
            .ok()
            .and_then(|text| text.trim().parse().ok())
            .unwrap_or(0);
        Self { path, number }
    }

    /// Stores a position. It is not synced: one that is lost or late only repeats facts.
    fn store(&mut self, number: u64) {
        self.number = number;
        let stored = self
            .path
            .parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| atomic::replace(&self.path, format!("{number}\n").as_bytes()));
        if let Err(error) = stored {
            tracing::warn!(path = %self.path, %error, "an observer's position was not stored");
        }
    }
}
