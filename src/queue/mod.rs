//! Where tasks come from: one trait, one status for all providers, one file per provider.
//!
//! To add a provider that keeps its tasks in a file, write a `file::Format`: `file::FileQueue` has claims, locking and
//! safe edits. One that is reached through a program is a `tracker::Tracker`: `tracker::TrackerQueue` has exclusive
//! claims, verified by reading again. Name it in [`open`], and run the suite of `tests/it/queues` over it.
mod backlog;
mod beads;
mod check;
mod claims;
mod command;
mod error;
mod file;
mod json;
mod lock;
mod owner;
mod prd;
mod program;
mod rewrite;
mod runs;
mod snapshot;
mod task_id;
#[cfg(test)]
mod testing;
mod tracker;

pub use beads::{has_database, too_old};
pub use check::{QueueCheck, error_status, release_and_check};
pub use error::{QueueError, QueueErrorKind, Result};
pub use owner::{Owner, RunKey};
pub use runs::{liveness, register_run};
pub use snapshot::TaskSnapshot;

use crate::model::{Env, QueueCounts, Searched, Task};
use crate::plan::{QueueSource, QueueSpec};
use camino::Utf8PathBuf;

/// What came of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is the caller's, and no one else's.
    Won(Task),
    /// Somebody else holds it.
    Lost { by: String },
    /// Nothing can be claimed now.
    None,
}

/// Why a task is given back.
#[derive(Clone, Copy, Debug)]
pub struct Release<'a> {
    pub why: &'a str,
    /// Whether an agent tried it and failed. Too many of those park the task.
    pub failed: bool,
}

impl Release<'_> {
    /// Returns why the task is to be parked, if it has been tried too often.
    fn parks(&self, failures: impl FnOnce() -> u32, most: u32) -> Option<String> {
        let failures = if self.failed { failures() } else { return None };
        let times = crate::text::count(failures, "failed attempt");
        (most <= failures).then(|| format!("was parked after {times}; the last one: {}", self.why))
    }
}

/// What came of giving a task back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Released {
    /// It is not, or no longer, held by that owner. Nothing was changed.
    NotHeld,
    /// It can be claimed again.
    Back,
    /// It was tried too often; a person must open it again.
    Parked,
}

/// Which tasks get a label.
#[derive(Clone, Copy, Debug)]
pub enum Unlabelled<'a> {
    These(&'a [String]),
    /// Everything that can be worked on and has no session's label yet.
    AllReady,
}

/// A source of tasks. No provider decides what "empty" means: [`QueueCounts::status`] does.
pub trait Queue: Send + Sync {
    /// Says what was looked for and where, for a person who finds no tasks.
    fn searched(&self) -> Searched;
    /// Returns the folder of what we keep about the queue: the same for everybody who works on it.
    fn folder(&self) -> Result<Utf8PathBuf>;
    /// Counts everything, closed tasks included. `alive` says whether an agent's iteration may still be at work.
    fn counts(&self, alive: &dyn Fn(&Owner) -> bool) -> Result<QueueCounts>;
    /// Counts as much as a status needs, which may be a lot less.
    fn quick_counts(&self, alive: &dyn Fn(&Owner) -> bool) -> Result<QueueCounts> {
        self.counts(alive)
    }
    /// Returns the tasks that can be claimed now, in the order to take them.
    fn next(&self) -> Result<Vec<Task>>;
    /// Returns one task, whatever its state.
    fn show(&self, id: &str) -> Result<Task>;
    /// Takes the named task or, without a name, the next one.
    ///
    /// Of any number of callers one wins. Claiming again what one holds wins again; an agent that names no task
    /// and holds one gets that one, so that a repeated call does not leave a task behind.
    fn claim(&self, id: Option<&str>, owner: &Owner) -> Result<Claim>;
    /// Gives a task back if this owner still holds it. A person may also open one that was parked.
    fn release(&self, id: &str, owner: &Owner, release: &Release<'_>) -> Result<Released>;
    /// Closes a task. Closing a closed one is success. With an owner, refuses a task that somebody else holds.
    fn close(&self, id: &str, owner: Option<&Owner>, reason: &str) -> Result<()>;
    /// Gives tasks a label and returns their ids.
    fn label(&self, which: Unlabelled<'_>, label: &str) -> Result<Vec<String>> {
        let _ = which;
        Err(QueueError::rejected(
            format!("this queue has no labels, so `{label}` cannot be put on anything"),
            "every task in it is the session's already",
        ))
    }
    /// Tells the tracker that this owner is still at work on what it holds, if the tracker wants to know.
    fn keep_alive(&self, owner: &Owner) -> Result<()> {
        let _ = owner;
        Ok(())
    }
    /// Returns what an agent's environment needs so that its own calls of the tracker act as this owner.
    fn agent_env(&self, owner: &Owner) -> Vec<(String, String)> {
        let _ = owner;
        Vec::new()
    }
    /// Returns what a person should know about the tracker; each remark once.
    fn remarks(&self) -> Vec<String> {
        Vec::new()
    }
    /// From now on answers soon or not at all: somebody waits for the end.
    fn shorten_timeouts(&self) {}
}

/// Where a queue's programs are called: the project's folder, and the environment of whoever runs the session.
#[derive(Clone, Debug)]
pub struct QueueEnv {
    pub project: Utf8PathBuf,
    pub env: Env,
}

/// Opens the queue a plan names. Touches nothing yet: what is missing is told by the first call.
pub fn open(spec: &QueueSpec, at: &QueueEnv) -> Box<dyn Queue> {
    match &spec.source {
        QueueSource::Backlog { path } => Box::new(file::FileQueue::<backlog::Backlog>::new(
            path.clone(),
            spec.max_attempts,
        )),
        QueueSource::Prd { path } => Box::new(file::FileQueue::<prd::Prd>::new(
            path.clone(),
            spec.max_attempts,
        )),
        QueueSource::Beads {
            program,
            database,
            label,
        } => {
            let beads = beads::Beads::new(
                program,
                database.as_deref(),
                label.clone(),
                spec.timeout_s,
                at,
            );
            Box::new(tracker::TrackerQueue::new(beads, spec.max_attempts))
        }
        QueueSource::Command(commands) => {
            let command = command::Command::new((**commands).clone(), spec.timeout_s, at);
            Box::new(tracker::TrackerQueue::new(command, spec.max_attempts))
        }
    }
}
