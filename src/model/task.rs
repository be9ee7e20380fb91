//! A task, whichever queue it comes from.
use serde::{Deserialize, Serialize};
use std::fmt;

/// A task of a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Task {
    pub id: String,
    pub title: String,
    #[serde(default)]
    pub body: String,
    #[serde(default)]
    pub acceptance: Vec<String>,
    /// Lower comes first; `None` where the order in the queue decides.
    #[serde(default)]
    pub priority: Option<u32>,
    pub state: TaskState,
    /// The agent or user that holds it.
    #[serde(default)]
    pub owner: Option<String>,
    /// Why it is blocked; a fragment that fits after its id.
    #[serde(default)]
    pub why: Option<String>,
}

/// What may be done with a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum TaskState {
    /// Can be claimed.
    Ready,
    /// It is claimed.
    Held,
    /// Open, but it cannot be claimed now.
    Blocked,
    Closed,
}

/// The whole task, as the prompt's `${TASK}`.
impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.id, self.title)?;
        if !self.body.is_empty() {
            write!(f, "\n\n{}", self.body)?;
        }
        if !self.acceptance.is_empty() {
            f.write_str("\n\nAcceptance:")?;
        }
        self.acceptance
            .iter()
            .try_for_each(|criterion| write!(f, "\n- {criterion}"))
    }
}
