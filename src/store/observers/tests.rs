//! Observers that die or fail at a fact, and what they are told then.
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
    is_dead: bool,
}

impl Observer for Mortal {
    fn durable_name(&self) -> Option<&'static str> {
        self.durable_name
    }

    fn observe(&mut self, fact: &Fact<'_>) -> io::Result<Reaction> {
        let number = fact.key.number;
        if self.is_dead {
            return Err(io::Error::other("dead"));
        }
        let dies = |death| self.dies == Some((number, death));
        if !dies(Death::BeforeReaction) {
            let entry = (fact.key.run.to_string(), number, fact.again);
            self.log.lock().unwrap().push(entry);
        }
        if dies(Death::BeforeReaction) || dies(Death::AfterReaction) {
            self.is_dead = true;
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
                is_dead: false,
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

/// Fails at a fact as often as it is told to, and remembers what it was told otherwise.
struct FullDisk {
    durable_name: Option<&'static str>,
    fails_at: u64,
    failures: u32,
    log: Log,
}

impl Observer for FullDisk {
    fn durable_name(&self) -> Option<&'static str> {
        self.durable_name
    }

    fn observe(&mut self, fact: &Fact<'_>) -> io::Result<Reaction> {
        let number = fact.key.number;
        if number == self.fails_at && 0 < self.failures {
            self.failures -= 1;
            return Err(io::ErrorKind::StorageFull.into());
        }
        let entry = (fact.key.run.to_string(), number, fact.again);
        self.log.lock().unwrap().push(entry);
        // Every other fact needs no reaction, and is still told once.
        Ok(if number.is_multiple_of(2) {
            Reaction::Durable
        } else {
            Reaction::Transient
        })
    }
}

#[test]
fn a_durable_observer_that_failed_catches_up_at_the_next_sync() {
    for (name, batch, failures) in [("disk", 1, 1), ("disk", 1, 2), ("disk", 2, 1)]
        .map(|(name, batch, failures)| (Some(name), batch, failures))
        .into_iter()
        .chain([(None, 1, 1)])
    {
        let world = World::new();
        let mut session = Session::open(world.dir.clone(), None).unwrap();
        session
            .attach(FullDisk {
                durable_name: name,
                fails_at: 3,
                failures,
                log: Arc::clone(&world.log),
            })
            .unwrap();
        append(&mut session, FACTS, batch);
        let told = world.numbers();
        if name.is_some() {
            assert_eq!(told, [1, 2, 3, 4, 5, 6], "{batch} {failures}");
            let log = world.log.lock().unwrap();
            let again: Vec<u64> = log.iter().filter(|it| it.2).map(|it| it.1).collect();
            assert_eq!(again, [1, 3], "the first of what was missed");
        } else {
            assert_eq!(told, [2], "it has no position to catch up from");
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
