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
        let Some(from) = self.position.as_ref().map(|position| position.last) else {
            return Ok(());
        };
        // The number alone says which facts are new, but not where they are.
        let all = || missed(journal, Position::default(), from.seq);
        let missed = if from.offset == 0 {
            all()?
        } else {
            // The journal was repaired since if nothing is there.
            missed(journal, from, from.seq).or_else(|_| all())?
        };
        for fact in &missed {
            self.notify(fact, scene, fact.end.seq == from.seq + 1);
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
            (Ok(Reaction::Durable), Some(position)) => position.store(fact.end),
            (Ok(_), _) => {}
            (Err(error), _) => {
                tracing::warn!(%error, number = fact.end.seq, "an observer failed and is told nothing more");
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use crate::plans::plan;
    use crate::store::layout::Project;
    use crate::store::session::Session;
    use fs_err as fs;
    use std::sync::{Arc, Mutex};

    /// Where the process of an observer dies.
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Death {
        BeforeReaction,
        AfterReaction,
    }

    /// Keys, and whether they were marked as told again. Outlives the process.
    type Log = Arc<Mutex<Vec<(String, u64, bool)>>>;

    /// Reacts by writing to the log, and dies at one fact. To its position, an error is a death.
    struct Mortal {
        durable_name: Option<&'static str>,
        reaction: Reaction,
        log: Log,
        dies: Option<(u64, Death)>,
    }

    impl Observer for Mortal {
        fn durable_name(&self) -> Option<&'static str> {
            self.durable_name
        }

        fn observe(&mut self, fact: &Fact<'_>) -> io::Result<Reaction> {
            let number = fact.key.number;
            let dies = |death| self.dies == Some((number, death));
            if !dies(Death::BeforeReaction) {
                let entry = (fact.key.run.to_string(), number, fact.again);
                self.log.lock().unwrap().push(entry);
            }
            if dies(Death::BeforeReaction) || dies(Death::AfterReaction) {
                return Err(io::Error::other("killed"));
            }
            Ok(self.reaction)
        }
    }

    /// A run directory, and the log of its observers.
    struct World {
        dir: RunDir,
        log: Log,
        /// What the observers do at each fact.
        reaction: Reaction,
        _folder: tempfile::TempDir,
    }

    const FACTS: u64 = 6;

    impl World {
        /// Creates a session with one fact and no observer.
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let root = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
            let dir = Project::new(root).session(&plan().session);
            drop(Session::create(dir.clone(), &plan(), None, clock::now()).unwrap());
            Self {
                dir,
                log: Log::default(),
                reaction: Reaction::Durable,
                _folder: folder,
            }
        }

        fn open(&self, durable_name: Option<&'static str>, dies: Option<(u64, Death)>) -> Session {
            let mut session = Session::open(self.dir.clone(), None).unwrap();
            let log = Arc::clone(&self.log);
            session
                .attach(Mortal {
                    durable_name,
                    reaction: self.reaction,
                    log,
                    dies,
                })
                .unwrap();
            session
        }

        fn numbers(&self) -> Vec<u64> {
            self.log
                .lock()
                .unwrap()
                .iter()
                .map(|(_, number, _)| *number)
                .collect()
        }
    }

    /// Appends facts up to a number, and syncs `batch` of them at a time.
    fn append(session: &mut Session, up_to: u64, batch: u64) {
        while session.seq() < up_to {
            session.append(Event::WaitEnded, clock::now()).unwrap();
            if session.seq().is_multiple_of(batch) {
                session.sync().unwrap();
            }
        }
        session.sync().unwrap();
    }

    #[test]
    fn a_killed_observer_misses_no_fact_and_sees_at_most_one_again() {
        for batch in 1..=3 {
            for number in 1..=FACTS {
                for death in [Death::BeforeReaction, Death::AfterReaction] {
                    let world = World::new();
                    append(
                        &mut world.open(Some("mortal"), Some((number, death))),
                        FACTS,
                        batch,
                    );
                    append(&mut world.open(Some("mortal"), None), FACTS + 1, batch);
                    let mut expected: Vec<u64> = (1..=FACTS + 1).collect();
                    if death == Death::AfterReaction {
                        expected.push(number);
                        expected.sort_unstable();
                    }
                    assert_eq!(world.numbers(), expected, "{death:?} at {number}, {batch}");
                    let log = world.log.lock().unwrap();
                    let (run, _, again) = log.iter().rfind(|entry| entry.1 == number).unwrap();
                    assert!(*again && *run == plan().run.to_string());
                }
            }
        }
    }

    #[test]
    fn a_lost_position_repeats_every_fact() {
        let world = World::new();
        append(&mut world.open(Some("mortal"), None), 2, 1);
        let position = world.dir.observer_position("mortal");
        let stored: Position = serde_json::from_slice(&fs::read(&position).unwrap()).unwrap();
        assert_eq!(stored.seq, 2);
        atomic::replace(&position, b"\0\0").unwrap();
        drop(world.open(Some("mortal"), None));
        assert_eq!(world.numbers(), [1, 2, 1, 2]);
    }

    #[test]
    fn facts_at_which_nothing_was_done_cost_no_write_and_are_seen_again() {
        let world = World {
            reaction: Reaction::Transient,
            ..World::new()
        };
        append(&mut world.open(Some("mortal"), None), 2, 1);
        assert!(!world.dir.root().join("observers").exists());
        drop(world.open(Some("mortal"), None));
        assert_eq!(world.numbers(), [1, 2, 1, 2]);
    }

    #[test]
    fn a_position_that_is_only_a_number_or_of_another_journal_repeats_none() {
        for text in ["2\n", r#"{"offset":7,"seq":2,"sum":9}"#] {
            let world = World::new();
            append(&mut world.open(Some("mortal"), None), 2, 1);
            let position = world.dir.observer_position("mortal");
            atomic::replace(&position, text.as_bytes()).unwrap();
            append(&mut world.open(Some("mortal"), None), 3, 1);
            assert_eq!(world.numbers(), [1, 2, 3], "{text}");
        }
    }

    #[test]
    fn a_journal_is_read_from_the_stored_position() {
        let world = World::new();
        append(&mut world.open(Some("mortal"), None), 2, 1);
        let text = beneath::read(&world.dir.observer_position("mortal")).unwrap();
        let stored: Position = serde_json::from_slice(&text).unwrap();
        append(&mut world.open(None, None), 4, 1);
        let behind = missed(&world.dir.journal(), stored, stored.seq).unwrap();
        assert_eq!(
            behind.iter().map(|it| it.end.seq).collect::<Vec<_>>(),
            [3, 4]
        );
        let length = fs::metadata(world.dir.journal()).unwrap().len();
        assert!(0 < stored.offset && stored.offset < length);
    }

    #[test]
    fn an_observer_without_a_position_sees_new_facts_and_costs_no_file() {
        let world = World::new();
        append(&mut world.open(None, None), 3, 2);
        assert_eq!(world.numbers(), [2, 3]);
        assert!(!world.dir.root().join("observers").exists());
    }
}
