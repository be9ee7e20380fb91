//! Something to be done, whichever tracker it comes from.
use serde::{Deserialize, Serialize};
use std::fmt;

/// Something to be done, as its queue tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Who holds it.
    #[serde(default)]
    pub owner: Option<String>,
    /// Why it is blocked; a fragment that fits after its id.
    #[serde(default)]
    pub why: Option<String>,
}

/// What may be done with a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskState {
    /// Can be claimed.
    Ready,
    /// Somebody works on it.
    Held,
    /// Open, but nobody can work on it now.
    Blocked,
    Closed,
}

/// The whole task as an agent is told it, for `${TASK}`.
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
