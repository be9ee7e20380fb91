//! Agents killed during a race: their tasks are released once, and no other task is.
use super::super::taskwarrior::has_taskwarrior;
use super::super::{TASKWARRIOR, World, provider, run};
use super::{WORKERS, each_once};
use agent_pipelines::clock::wait_until;
use agent_pipelines::model::QueueStatus;
use agent_pipelines::queue::{self, Owner};
use camino::Utf8Path;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::process::Child;
use std::time::Duration;

/// Says in one write, which is not torn, that a session has claimed a task.
pub(super) fn tell(diary: &Utf8Path, session: &str, id: &str) {
    let mut file = fs_err::OpenOptions::new()
        .create(true)
        .append(true)
        .open(diary)
        .expect("a diary");
    file.write_all(format!("{session} {id}\n").as_bytes())
        .expect("it is written");
}

/// Returns who has claimed what, in order.
fn told(diary: &Utf8Path) -> Vec<(String, String)> {
    let text = fs_err::read_to_string(diary).unwrap_or_default();
    let told = |line: &str| {
        line.split_once(' ')
            .map(|(session, id)| (session.to_owned(), id.to_owned()))
    };
    text.lines().filter_map(told).collect()
}

/// A race in which one worker after another is killed.
struct Race {
    world: World,
    joined: usize,
    alive: BTreeMap<String, Child>,
    killed: BTreeSet<String>,
    /// The tasks released after each kill.
    released: Vec<String>,
}

impl Race {
    fn of(world: World) -> Self {
        let mut race = Self {
            world,
            joined: 0,
            alive: BTreeMap::new(),
            killed: BTreeSet::new(),
            released: Vec::new(),
        };
        (0..WORKERS).for_each(|_| race.join());
        race
    }

    fn join(&mut self) {
        let worker = self.joined;
        self.joined += 1;
        self.alive
            .insert(format!("w{worker}"), self.world.start(worker).0);
    }

    fn diary(&self) -> Vec<(String, String)> {
        told(&self.world.stage.at().project.join("diary"))
    }

    /// Kills the next worker that claims, so much later, and releases what it held as its session would; false if none is left.
    fn kill(&mut self, after: Duration) -> bool {
        let (seen, mut next) = (self.diary().len(), None);
        wait_until(Duration::from_secs(60), || {
            next = self
                .diary()
                .into_iter()
                .skip(seen)
                .map(|(session, _)| session)
                .find(|session| self.alive.contains_key(session));
            next.is_some()
                || self
                    .alive
                    .values_mut()
                    .all(|child| child.try_wait().expect("our child").is_some())
        });
        let Some(name) = next else { return false };
        // Nothing shows when a worker is in the middle of a call.
        wait_until(after, || false);
        let mut child = self.alive.remove(&name).expect("they are alive");
        child
            .kill()
            .and_then(|()| child.wait())
            .expect("they are gone");
        self.killed.insert(name.clone());
        self.settle(&name);
        true
    }

    /// Does what the session of a killed worker does when it is started again.
    fn settle(&mut self, session: &str) {
        let lives = |owner: &Owner| !matches!(owner, Owner::Agent { session, .. } if self.killed.contains(session.as_str()));
        let settled =
            queue::release_and_check(&*self.world.queue, &run(session, "r1"), &lives, None);
        assert!(
            !matches!(
                settled.status,
                QueueStatus::Unknown { .. } | QueueStatus::Busy { .. }
            ),
            "{}: {settled:?}",
            self.world.provider.name
        );
        self.released.extend(settled.released);
    }

    fn wait(&mut self) {
        for (name, mut child) in std::mem::take(&mut self.alive) {
            assert!(
                child.wait().expect("it ends").success(),
                "{}: {name}",
                self.world.provider.name
            );
        }
    }

    /// Checks that no worker had another's task, and that no task is lost.
    fn check(&self, tasks: usize) {
        let (name, diary) = (self.world.provider.name, self.diary());
        // A worker that was not killed has closed what it claimed, so that is its own for good.
        each_once(
            diary
                .iter()
                .filter(|(session, _)| !self.killed.contains(session))
                .map(|(_, id)| id),
        );
        let times = |id: &String, of: &[String]| of.iter().filter(|other| *other == id).count();
        let claimed: Vec<String> = diary.iter().map(|(_, id)| id.clone()).collect();
        for id in &claimed {
            let (claims, back) = (times(id, &claimed), times(id, &self.released));
            assert!(
                claims <= back + 1,
                "{name}: {id} was claimed {claims} times and released {back} times"
            );
        }
        assert!(
            2 < self.killed.len() && !self.released.is_empty(),
            "{name}: {:?} were killed, {:?} released",
            self.killed,
            self.released
        );
        assert_eq!(self.world.settle().0, format!("done {tasks}"), "{name}");
        let Some(closings) = self.world.closings() else {
            return;
        };
        let wrong: Vec<_> = self
            .world
            .ids
            .values()
            .filter(|id| closings.get(*id) != Some(&1))
            .collect();
        // Where the record is our own, a killed worker may not have written it.
        let untold = |id: &String| {
            let last = diary
                .iter()
                .rfind(|(_, claimed)| claimed == id)
                .map(|(session, _)| session);
            self.world.provider.is_file()
                && !closings.contains_key(id)
                && last.is_none_or(|last| self.killed.contains(last))
        };
        assert!(
            wrong.iter().all(|id| untold(id)),
            "{name}: {wrong:?} of {closings:?}"
        );
    }
}

/// Lets eight race, of which one after the other is killed and replaced; then another worker takes what is left.
fn race_with_kills(name: &str, tasks: usize, kills: u64) {
    let mut world = provider(name).many(tasks);
    world.set("FAKE_BD_CLAIM_GAP_MS", "5");
    world.set("TRACKER_GAP_MS", "5");
    let mut race = Race::of(world);
    for kill in 0..kills {
        if !race.kill(Duration::from_millis(3 * kill)) {
            break;
        }
        race.join();
    }
    race.wait();
    race.join();
    race.wait();
    race.check(tasks);
}

#[test]
fn killed_claimers_of_files_lose_nothing() {
    race_with_kills("backlog.md", 100, 12);
    race_with_kills("prd.json", 100, 12);
}

#[test]
fn killed_claimers_of_issues_lose_nothing() {
    for version in ["0.24.4", "0.47.0", "1.3.0"] {
        race_with_kills(version, 60, 12);
    }
}

#[test]
fn killed_claimers_of_a_tracker_behind_commands_lose_nothing() {
    race_with_kills("tracker.py", 40, 8);
    if has_taskwarrior() {
        race_with_kills(TASKWARRIOR, 16, 4);
    }
}
