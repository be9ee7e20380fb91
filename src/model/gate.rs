//! The answers of gates: commands and judges that decide whether a loop is done.
use super::outcome::Outcome;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A gate's answer after an iteration. Only `stop` ends the node, and only `broken` is a failure of the gate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum GateVerdict {
    /// The goal is reached.
    Stop { reason: String },
    /// It is not.
    Continue { reason: String },
    /// Something it started is still running; it cannot tell yet.
    InProgress { reason: String },
    /// No answer, or an invalid one. Never a vote.
    Broken { reason: String },
    /// The agent that judges was not served, so it is asked again. Never a vote.
    Unavailable {
        /// The judge's label: `claude:haiku`.
        agent: String,
        /// How its call ended.
        outcome: Box<Outcome>,
    },
}

/// What a `verify` or `command` gate printed as JSON, typed. A gate that printed none has none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct VerifyAnswer {
    pub passed: bool,
    /// From 0 to 1, if it printed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// Whether all of the work is done (`prd_complete`), if it printed that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complete: Option<bool>,
    /// Whether something it started is still running. Then `passed` means nothing.
    pub in_progress: bool,
    /// What it printed as `details` or `reason`, cut to 2000 characters.
    pub details: String,
}

/// A file of a gate as you accepted it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateFile {
    /// Absolute.
    pub path: String,
    /// Fingerprint of its content; empty if it does not exist.
    pub hash: String,
}

impl VerifyAnswer {
    /// The maximum number of characters of `details` that are kept.
    pub const MAX_DETAILS: usize = 2000;
}

impl GateVerdict {
    /// Returns the reason it gave.
    pub fn reason(&self) -> &str {
        match self {
            Self::Stop { reason }
            | Self::Continue { reason }
            | Self::InProgress { reason }
            | Self::Broken { reason } => reason,
            Self::Unavailable { outcome, .. } => outcome.reason(),
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
            Self::Unavailable { .. } => "not available",
        };
        if self.reason().is_empty() {
            f.write_str(word)
        } else {
            write!(f, "{word}: {}", self.reason())
        }
    }
}
