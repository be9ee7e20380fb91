//! What somebody outside the loop says about whether it is done: a command, or a judge.
use serde::{Deserialize, Serialize};
use std::fmt;

/// An answer after an iteration. Four different things: only `stop` ends anything, and only `broken` is a failure of the
/// one who was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum GateVerdict {
    /// The goal is reached.
    Stop { reason: String },
    /// It is not.
    Continue { reason: String },
    /// Something that was started is still at work; nothing can be said yet.
    InProgress { reason: String },
    /// No answer, or one that makes no sense. Never a vote.
    Broken { reason: String },
}

impl GateVerdict {
    /// Returns what was said.
    pub fn reason(&self) -> &str {
        match self {
            Self::Stop { reason }
            | Self::Continue { reason }
            | Self::InProgress { reason }
            | Self::Broken { reason } => reason,
        }
    }
}

impl fmt::Display for GateVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self {
            Self::Stop { .. } => "done",
            Self::Continue { .. } => "not done",
            Self::InProgress { .. } => "in progress",
            Self::Broken { .. } => "broken",
        };
        if self.reason().is_empty() {
            f.write_str(word)
        } else {
            write!(f, "{word}: {}", self.reason())
        }
    }
}
