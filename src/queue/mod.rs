//! Where tasks come from: one trait, one verdict for all providers, one file per provider.
//!
//! To add a provider, write a file with a [`Queue`] and name it in [`open`]; one that keeps its tasks in a file
//! writes a `file::Format` instead and gets claims, locking and safe edits from `file::FileQueue`.
//! Then run the suite in `contract.rs` over it.
mod backlog;
mod claims;
#[cfg(test)]
mod contract;
mod error;
mod file;
mod lock;
mod owner;
mod prd;
mod rewrite;

pub use error::{Problem, QueueError, Result};
pub use owner::{Owner, OwnerPattern};

use crate::model::{Census, Verdict};
use crate::plan::{QueueProvider, QueueSpec};
use serde::Serialize;

/// Something to be done, as its queue tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Task {
    pub id: String,
    pub title: String,
    pub body: String,
    pub acceptance: Vec<String>,
    /// Lower comes first; `None` where the order in the queue decides.
    pub priority: Option<u32>,
    pub state: State,
    /// Who holds it.
    pub owner: Option<String>,
}

/// What may be done with a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Can be claimed.
    Ready,
    /// Somebody works on it.
    Held,
    /// Open, but nobody can work on it now.
    Blocked,
    Closed,
}

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

/// A source of tasks. No provider decides what "empty" means: [`Census::verdict`] does.
pub trait Queue: Send + Sync {
    /// Says what was looked for and where, for a person who finds no tasks.
    fn looked_for(&self) -> String;
    /// Counts everything, closed tasks included. `alive` says whether an agent's iteration may still be at work.
    fn census(&self, alive: &dyn Fn(&Owner) -> bool) -> Result<Census>;
    /// Returns the tasks that can be claimed now, in the order to take them.
    fn next(&self) -> Result<Vec<Task>>;
    /// Returns one task, whatever its state.
    fn show(&self, id: &str) -> Result<Task>;
    /// Takes the named task or, without a name, the next one.
    ///
    /// Of any number of callers one wins. Claiming again what one holds wins again; an agent that names no task
    /// and holds one gets that one, so that a repeated call does not leave a task behind.
    fn claim(&self, id: Option<&str>, owner: &Owner) -> Result<Claim>;
    /// Gives a task back if this owner still holds it; says whether it did.
    fn release(&self, id: &str, owner: &Owner, why: &str) -> Result<bool>;
    /// Takes back what these agents hold and returns the ids.
    fn release_all(&self, of: &OwnerPattern) -> Result<Vec<String>>;
    /// Closes a task. Closing a closed one is success. With an owner, refuses a task that somebody else holds.
    fn close(&self, id: &str, owner: Option<&Owner>, reason: &str) -> Result<()>;
}

/// Opens the queue a plan names. Touches nothing yet: a missing file is told by the first call.
pub fn open(spec: &QueueSpec) -> Box<dyn Queue> {
    let path = spec.path.clone();
    match spec.provider {
        QueueProvider::Backlog => Box::new(file::FileQueue::<backlog::Backlog>::new(path)),
        QueueProvider::Prd => Box::new(file::FileQueue::<prd::Prd>::new(path)),
    }
}

/// Takes back what ended iterations hold and says what the queue means for the loop: what a runner asks after each attempt.
///
/// Also returns the ids taken back, for the journal. Tasks of other sessions are taken back only when nothing else is
/// left to do and `alive` says that their agent is gone. Never fails: a queue that does not answer is [`Verdict::Unknown`].
pub fn settle(queue: &dyn Queue, of: &OwnerPattern, alive: &dyn Fn(&Owner) -> bool) -> (Verdict, Vec<String>) {
    let mut released = Vec::new();
    let verdict = match try_settle(queue, of, alive, &mut released) {
        Ok(verdict) => verdict,
        Err(error) => Verdict::Unknown { error: format!("{}; {}", error.what, error.next) },
    };
    (verdict, released)
}

fn try_settle(queue: &dyn Queue, of: &OwnerPattern, alive: &dyn Fn(&Owner) -> bool, released: &mut Vec<String>) -> Result<Verdict> {
    released.extend(queue.release_all(of)?);
    let census = queue.census(alive)?;
    let verdict = census.verdict(&queue.looked_for());
    let Verdict::ReleaseStale { .. } = verdict else { return Ok(verdict) };
    for (id, owner) in &census.stale {
        if queue.release(id, &Owner::read(owner), "its agent is gone")? {
            released.push(id.clone());
        }
    }
    // Once is enough: what is still stale now was taken by somebody in between, and is theirs.
    Ok(queue.census(alive)?.verdict(&queue.looked_for()))
}
