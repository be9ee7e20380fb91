//! One contract for every provider of tasks, through the library's public API.
//!
//! A [`Provider`] makes a [`World`]: a queue, and a [`Stage`] on which a test does to its tasks what people do behind our
//! back, and sees the truth. To have another provider checked, write its stage and name it in [`FIXED`].
mod beads;
mod budget;
mod checking;
mod claims;
mod closing;
mod commands;
mod failures;
mod files;
mod labels;
mod leases;
mod parking;
mod race;
mod releases;
mod states;
mod taskwarrior;
mod text;
mod versions;

use agent_pipelines::model::QueueStatus;
use agent_pipelines::plan::{QueueSource, QueueSpec};
use agent_pipelines::queue::{self, Claim, Owner, Queue, QueueEnv, Release, Result, RunKey};
use std::collections::BTreeMap;
use std::io::Write as _;

/// What a test does to tasks behind ap's back.
pub(crate) trait Stage: Send + Sync {
    fn source(&self) -> QueueSource;
    fn at(&self) -> QueueEnv;
    /// Makes tasks, in this order, and returns their ids.
    fn make(&self, tasks: &[Made<'_>]) -> Vec<String>;
    /// Does what a person does with the tracker's own means; false if it has none for that.
    fn put(&self, id: &str, to: Put<'_>) -> bool;
    /// Returns whether a task is `open`, `held`, `blocked` or `closed`, and whose it is.
    fn truth(&self, id: &str) -> (String, Option<String>);
    /// Takes the whole queue away.
    fn vanish(&self);
    /// How often each task was closed, if the tracker keeps that.
    fn closings(&self) -> Option<BTreeMap<String, usize>>;
    /// Sets what the tracker's program finds in its environment.
    fn set(&mut self, name: &str, value: &str);
}

/// A task to be made.
#[derive(Clone, Debug)]
pub(crate) struct Made<'a> {
    pub(crate) name: &'a str,
    pub(crate) title: &'a str,
    pub(crate) closed: bool,
}

/// What a person makes of a task.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Put<'a> {
    Open,
    Closed,
    /// In progress, with an owner.
    HeldBy(&'a str),
    /// In progress, without an owner.
    Held,
    Blocked,
    Deleted,
}

/// A provider, and how the stage for its tests is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Provider {
    pub(crate) name: &'static str,
    stage: fn(&'static str) -> Box<dyn Stage>,
}

/// Every provider there is always; without Taskwarrior only where the tests were told to do so. What `BD_BIN` names comes on top.
const FIXED: [Provider; 13] = [
    Provider {
        name: "backlog.md",
        stage: files::backlog,
    },
    Provider {
        name: "prd.json",
        stage: files::prd,
    },
    Provider {
        name: "0.24.4",
        stage: beads::fake,
    },
    Provider {
        name: "0.29.0",
        stage: beads::fake,
    },
    Provider {
        name: "0.46.0",
        stage: beads::fake,
    },
    Provider {
        name: "0.47.0",
        stage: beads::fake,
    },
    Provider {
        name: "0.47.0-nodaemon",
        stage: beads::fake,
    },
    Provider {
        name: "0.49.5",
        stage: beads::fake,
    },
    Provider {
        name: "1.0.5",
        stage: beads::fake,
    },
    Provider {
        name: "1.3.0",
        stage: beads::fake,
    },
    Provider {
        name: "2.0.0",
        stage: beads::fake,
    },
    Provider {
        name: "tracker.py",
        stage: commands::script,
    },
    Provider {
        name: TASKWARRIOR,
        stage: taskwarrior::real,
    },
];

pub(crate) const TASKWARRIOR: &str = "taskwarrior";

/// Returns every provider there is here.
pub(crate) fn providers() -> Vec<Provider> {
    let is_here =
        |provider: &Provider| provider.name != TASKWARRIOR || taskwarrior::has_taskwarrior();
    FIXED
        .into_iter()
        .filter(is_here)
        .chain(beads::real())
        .collect()
}

/// Returns the provider of this name.
pub(crate) fn provider(name: &str) -> Provider {
    providers()
        .into_iter()
        .find(|provider| provider.name == name)
        .expect("a known provider")
}

/// Fails the test if what it is about was left out for other providers than these.
#[track_caller]
pub(crate) fn only_without(left_out: &[&str], expected: &[&str]) {
    let here: Vec<&str> = providers()
        .iter()
        .map(|provider| provider.name)
        .filter(|name| expected.contains(name))
        .collect();
    assert_eq!(left_out, here);
}

impl Provider {
    /// Makes a queue of tasks that are closed or not; `a` has the title `Task a`.
    pub(crate) fn world(self, tasks: &[(&str, bool)]) -> World {
        let titles: Vec<String> = tasks
            .iter()
            .map(|(name, _)| format!("Task {name}"))
            .collect();
        let made: Vec<Made<'_>> = tasks
            .iter()
            .zip(&titles)
            .map(|(&(name, closed), title)| Made {
                name,
                title,
                closed,
            })
            .collect();
        self.of(&made)
    }

    /// Makes a queue of open tasks.
    pub(crate) fn open(self, names: &[&str]) -> World {
        self.world(&names.iter().map(|&name| (name, false)).collect::<Vec<_>>())
    }

    /// Makes a queue of tasks `n0`, `n1`, ….
    pub(crate) fn many(self, count: usize) -> World {
        let names: Vec<String> = (0..count).map(|n| format!("n{n}")).collect();
        self.open(&names.iter().map(String::as_str).collect::<Vec<_>>())
    }

    pub(crate) fn of(self, made: &[Made<'_>]) -> World {
        let stage = (self.stage)(self.name);
        let ids = stage.make(made);
        let ids = made
            .iter()
            .map(|task| task.name.to_owned())
            .zip(ids)
            .collect();
        let spec = QueueSpec {
            timeout_s: 20,
            ..QueueSpec::new(stage.source())
        };
        let queue = queue::open(&spec, &stage.at());
        World {
            provider: self,
            stage,
            spec,
            queue,
            ids,
        }
    }

    pub(crate) fn is_file(self) -> bool {
        ["backlog.md", "prd.json"].contains(&self.name)
    }
}

/// A queue of some provider, in a folder of its own.
pub(crate) struct World {
    pub(crate) provider: Provider,
    pub(crate) stage: Box<dyn Stage>,
    pub(crate) spec: QueueSpec,
    pub(crate) queue: Box<dyn Queue>,
    /// Ids by the names the test gave.
    ids: BTreeMap<String, String>,
}

impl World {
    /// Returns the id of the task a test has named so.
    pub(crate) fn id<'a>(&'a self, name: &'a str) -> &'a str {
        self.ids.get(name).map_or(name, String::as_str)
    }

    /// Returns the names of tasks.
    pub(crate) fn names<'a>(&self, ids: impl IntoIterator<Item = &'a String>) -> Vec<String> {
        let name = |id: &String| {
            self.ids
                .iter()
                .find(|(_, own)| *own == id)
                .map_or(id, |(name, _)| name)
                .clone()
        };
        ids.into_iter().map(name).collect()
    }

    /// Opens the queue again, as after a change of the environment.
    pub(crate) fn reopen(&mut self) {
        self.queue = queue::open(&self.spec, &self.stage.at());
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.stage.set(name, value);
        self.reopen();
    }

    pub(crate) fn put(&self, name: &str, to: Put<'_>) -> bool {
        self.stage.put(self.id(name), to)
    }

    /// Returns how often each task was closed; only a real `bd` and Taskwarrior 3 may not tell.
    #[track_caller]
    pub(crate) fn closings(&self) -> Option<BTreeMap<String, usize>> {
        let closings = self.stage.closings();
        assert!(
            closings.is_some() || ["BD_BIN", TASKWARRIOR].contains(&self.provider.name),
            "{}",
            self.provider.name
        );
        closings
    }

    pub(crate) fn truth(&self, name: &str) -> (String, Option<String>) {
        self.stage.truth(self.id(name))
    }

    /// Claims a task for sure and returns its name.
    #[track_caller]
    pub(crate) fn take(&self, name: Option<&str>, owner: &Owner) -> String {
        match self.claim(name, owner) {
            Ok(Claim::Won(task)) => self.names([&task.id]).remove(0),
            other => panic!("{}: {other:?}", self.provider.name),
        }
    }

    pub(crate) fn claim(&self, name: Option<&str>, owner: &Owner) -> Result<Claim> {
        self.queue.claim(name.map(|name| self.id(name)), owner)
    }

    pub(crate) fn release(
        &self,
        name: &str,
        owner: &Owner,
        failed: bool,
    ) -> Result<queue::Released> {
        self.queue.release(
            self.id(name),
            owner,
            &Release {
                why: "because",
                failed,
            },
        )
    }

    /// Says in a few words what the queue means; only agents of the session `live` are alive.
    pub(crate) fn status(&self) -> String {
        match self.queue.counts(&lives) {
            Ok(counts) => self.words(&counts.status(|| self.queue.searched())),
            Err(error) => format!("unknown: {}", error.what),
        }
    }

    /// Settles for the first run of the session `s` and returns the status and what was released.
    pub(crate) fn settle(&self) -> (String, Vec<String>) {
        let settled = queue::release_and_check(&*self.queue, &run("s", "r1"), &lives, None);
        let mut released = self.names(&settled.released);
        released.sort();
        (self.words(&settled.status), released)
    }

    pub(crate) fn words(&self, status: &QueueStatus) -> String {
        match status {
            QueueStatus::Done { closed } => format!("done {closed}"),
            QueueStatus::Work { ready, .. } => format!("work {ready}"),
            QueueStatus::Wait { held, .. } => format!("wait {held}"),
            QueueStatus::ReleaseStale { ids } => format!("stale {}", self.names(ids).join(" ")),
            QueueStatus::Stalled { left, .. } => format!("stalled {left}"),
            QueueStatus::NoItems { .. } => "no items".to_owned(),
            QueueStatus::Busy { error } => format!("busy: {error}"),
            QueueStatus::Unknown { error } => format!("unknown: {error}"),
        }
    }
}

pub(crate) fn lives(owner: &Owner) -> bool {
    match owner {
        Owner::Agent { session, .. } => session.as_str() == "live",
        Owner::Other(name) => !name.is_empty(),
    }
}

pub(crate) fn run(session: &str, run: &str) -> RunKey {
    RunKey {
        session: session.parse().expect("a name"),
        run: run.parse().expect("a run"),
    }
}

/// An iteration of the first run of a session.
pub(crate) fn agent(session: &str, iteration: u32) -> Owner {
    agent_of(session, "r1", iteration)
}

pub(crate) fn agent_of(session: &str, run: &str, iteration: u32) -> Owner {
    Owner::agent(
        session.parse().expect("a name"),
        run.parse().expect("a run"),
        iteration,
    )
}

#[test]
fn a_real_bd_is_run_where_there_is_one() {
    match std::env::var("BD_BIN") {
        Ok(program) => assert!(
            providers().iter().any(|provider| provider.name == "BD_BIN"),
            "{program}"
        ),
        // Past what the harness catches: who reads that all is well must see what was not looked at.
        Err(_) => writeln!(
            std::io::stderr(),
            "skipped: BD_BIN is not set, so the suite is not run over a real bd"
        )
        .expect("a stderr"),
    }
}
