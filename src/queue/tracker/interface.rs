//! What the program of a tracker can do.
use crate::model::{Searched, Task, TaskState};
use crate::queue::claims::ClaimsDir;
use crate::queue::error::Result;
use crate::queue::interface::LabelTarget;
use crate::queue::owner::Owner;
use crate::queue::program::Program;

/// What a tracker's program can do, one thing each. Nothing here decides anything.
pub(in crate::queue) trait Tracker: Send + Sync {
    /// Where its database is. Changes nothing.
    fn claims_dir(&self) -> Result<ClaimsDir>;
    /// Describes what was searched for, shown when there are no tasks.
    fn searched(&self) -> Searched;
    /// Returns every task of the session, closed ones too, in the order to take them.
    fn all(&self) -> Result<Vec<Task>>;
    /// Returns some of what is ready and all that is held, where that is cheaper than everything.
    fn open(&self) -> Result<Vec<Task>> {
        self.all()
    }
    /// Returns what is ready, in the order to take it: all of it, or enough to choose from.
    fn ready(&self, how: Ready) -> Result<Vec<Task>> {
        let _ = how;
        Ok(self
            .all()?
            .into_iter()
            .filter(|task| task.state == TaskState::Ready)
            .collect())
    }
    fn one(&self, id: &str) -> Result<Task>;
    /// Whether a claim of the tracker itself refuses a task that is closed or held by another owner.
    fn claims_safely(&self) -> Result<bool> {
        Ok(false)
    }
    /// Tries to claim; whether it worked is seen by reading again.
    fn claim(&self, id: &str, owner: &Owner) -> Result<()>;
    fn release(&self, id: &str, owner: &Owner) -> Result<()>;
    fn close(&self, id: &str, owner: Option<&Owner>, reason: &str) -> Result<()>;
    fn park(&self, id: &str, owner: &Owner, why: &str) -> Result<()>;
    fn label(&self, which: LabelTarget<'_>, label: &str) -> Result<Vec<String>>;
    fn keep_alive(&self, owner: &Owner) -> Result<()>;
    fn agent_env(&self, owner: &Owner) -> Vec<(String, String)>;
    fn remarks(&self) -> Vec<String>;
    /// The program that is called.
    fn program(&self) -> &Program;
    /// Whether the tracker itself knows that a task is parked.
    fn parks(&self) -> bool;
}

/// How much of what is ready is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::queue) enum Ready {
    All,
    /// The first [`TRIES`], or more.
    Some,
}

/// How many tasks a claim tries before it says that there is none.
pub(in crate::queue) const TRIES: usize = 50;
