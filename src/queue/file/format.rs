//! The format of a file of tasks.
use crate::queue::error::QueueError;
use crate::queue::rewrite::Edit;

/// How tasks are written in a file.
pub(in crate::queue) trait Format: Send + Sync {
    /// An example of a task, shown when the file has none.
    const LOOKS_LIKE: &'static str;
    /// Reads every task, closed ones too, in the order to take them; ids are unique.
    fn parse(&self, text: &str) -> Result<Vec<Item>, String>;
    /// Returns the change that closes a task.
    fn close(text: &str, item: &Item) -> Edit;
}

/// A task as the file describes it; the claims file has its holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::queue) struct Item {
    pub(in crate::queue) id: String,
    pub(in crate::queue) title: String,
    pub(in crate::queue) body: String,
    pub(in crate::queue) acceptance: Vec<String>,
    pub(in crate::queue) priority: Option<u32>,
    pub(in crate::queue) mark: Mark,
    /// Where it is, in the format's own terms.
    pub(in crate::queue) at: usize,
    /// Whether its id is written there, rather than made from its title.
    pub(in crate::queue) named: bool,
    /// The id the file gives it now, if it was claimed by another.
    pub(in crate::queue) now: Option<String>,
}

impl Item {
    /// Returns why a change of the task is refused.
    pub(super) fn refusal(&self, why: &str, next: &str) -> QueueError {
        QueueError::rejected(format!("task `{}` {why}", self.id), next)
    }
}

/// What the file says about a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::queue) enum Mark {
    Open,
    /// Marked by hand as begun.
    Begun,
    /// Open, but not to be worked on, and why.
    Blocked(String),
    Closed,
}
