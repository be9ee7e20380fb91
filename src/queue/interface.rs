//! The interface of a queue.
use super::error::{QueueError, Result};
use super::owner::Owner;
use crate::model::{QueueCounts, Searched, Task};
use camino::Utf8PathBuf;

/// The result of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is the caller's, and no one else's.
    Won(Task),
    /// Another owner holds it.
    Lost { by: String },
    /// Nothing can be claimed now.
    None,
}

/// Why a task is released.
#[derive(Clone, Copy, Debug)]
pub struct Release<'a> {
    pub why: &'a str,
    /// Whether an agent tried the task and failed. Too many failures park the task.
    pub failed: bool,
}

impl Release<'_> {
    /// Returns why the task is to be parked, if it has failed too often.
    pub(super) fn parking_reason(
        &self,
        failures: impl FnOnce() -> u32,
        most: u32,
    ) -> Option<String> {
        let failures = if self.failed { failures() } else { return None };
        let times = crate::text::count(failures, "failed attempt");
        (most <= failures).then(|| format!("was parked after {times}; the last one: {}", self.why))
    }
}

/// The result of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Released {
    /// It is not, or no longer, held by that owner. Nothing was changed.
    NotHeld,
    /// It can be claimed again.
    Back,
    /// It failed too often; the user must reopen it.
    Parked,
}

/// Which tasks get a label.
#[derive(Clone, Copy, Debug)]
pub enum LabelTarget<'a> {
    These(&'a [String]),
    /// Everything that can be worked on and has no session's label yet.
    AllReady,
}

/// A source of tasks. No provider decides what "empty" means: [`QueueCounts::status`] does.
pub trait Queue: Send + Sync {
    /// Describes what was searched, shown when there are no tasks.
    fn searched(&self) -> Searched;
    /// Returns the folder of our files about the queue: the same for every session that works on it.
    fn folder(&self) -> Result<Utf8PathBuf>;
    /// Counts everything, closed tasks included. `alive` says whether an agent's iteration may still be at work.
    fn counts(&self, alive: &dyn Fn(&Owner) -> bool) -> Result<QueueCounts>;
    /// Counts only what a status needs, which may cost a lot less.
    fn quick_counts(&self, alive: &dyn Fn(&Owner) -> bool) -> Result<QueueCounts> {
        self.counts(alive)
    }
    /// Returns the tasks that can be claimed now, in the order to take them.
    fn next(&self) -> Result<Vec<Task>>;
    /// Returns one task, whatever its state.
    fn show(&self, id: &str) -> Result<Task>;
    /// Claims the named task or, without a name, the next one.
    ///
    /// Of any number of callers one wins. A claim of a task that the owner already holds wins again; an agent that
    /// holds a task and names none gets that task, so that a repeated call leaves none behind.
    fn claim(&self, id: Option<&str>, owner: &Owner) -> Result<Claim>;
    /// Releases a task if this owner still holds it. A user may also reopen a parked one.
    fn release(&self, id: &str, owner: &Owner, release: &Release<'_>) -> Result<Released>;
    /// Closes a task. Closing a closed one is success. With an owner, refuses a task that another owner holds.
    fn close(&self, id: &str, owner: Option<&Owner>, reason: &str) -> Result<()>;
    /// Gives tasks a label and returns their ids.
    fn label(&self, which: LabelTarget<'_>, label: &str) -> Result<Vec<String>> {
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
    /// Returns warnings about the tracker; each one once.
    fn remarks(&self) -> Vec<String> {
        Vec::new()
    }
    /// Shortens the timeouts of all further calls, because the session is about to stop.
    fn shorten_timeouts(&self) {}
}
