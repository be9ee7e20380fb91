//! How nodes and sessions end.
use super::limit::Limit;
use super::session_status::SessionStatus;
use crate::text::{clean, count};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a node is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum NodeEnding {
    /// `fixed`: all iterations ran.
    AllIterations { iterations: u32 },
    /// `judgment`: this many agents in a row voted to stop.
    Consensus { votes: u32 },
    /// `queue`: no task is left.
    QueueEmpty { closed: u32 },
    /// `promise`: an agent printed the promised words.
    Promised { text: String },
    /// `verify`, `command`, `judge`: the gate's answer.
    Gate { gate: String, reason: String },
    /// `all`: every one of these.
    All { endings: Vec<Self> },
    /// A parallel block: the number of branches that reached their goal.
    Branches { succeeded: u32, of: u32 },
    /// You skipped it.
    Skipped { by: String },
    /// The iterations were used up first.
    MaxIterations { iterations: u32 },
}

impl fmt::Display for NodeEnding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AllIterations { iterations: 1 } => f.write_str("the only iteration ran"),
            Self::AllIterations { iterations } => {
                write!(f, "all {} ran", count(iterations, "iteration"))
            }
            Self::Consensus { votes: 1 } => f.write_str("an agent voted to stop"),
            Self::Consensus { votes } => {
                write!(f, "{} in a row voted to stop", count(votes, "agent"))
            }
            Self::QueueEmpty { closed } => write!(
                f,
                "the queue is empty, {} closed in all",
                count(closed, "task")
            ),
            Self::Promised { text } => write!(f, "an agent promised {}", clean(text)),
            Self::Gate { gate, reason } if reason.is_empty() => {
                write!(f, "`{gate}` reports that it is done")
            }
            Self::Gate { gate, reason } => {
                write!(f, "`{gate}` reports that it is done: {}", clean(reason))
            }
            Self::All { endings } => f.write_str(
                &endings
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(", and "),
            ),
            Self::Branches { succeeded, of } if succeeded == of => {
                write!(f, "{} done", count(of, "branch"))
            }
            Self::Branches { succeeded, of } => {
                write!(f, "{succeeded} of {} done", count(of, "branch"))
            }
            Self::Skipped { by } => write!(f, "skipped by {}", clean(by)),
            Self::MaxIterations { iterations } => {
                write!(
                    f,
                    "reached the maximum of {}",
                    count(iterations, "iteration")
                )
            }
        }
    }
}

impl NodeEnding {
    /// Whether the node reached its goal.
    pub fn reached_goal(&self) -> bool {
        match self {
            Self::AllIterations { .. } | Self::Consensus { .. } | Self::QueueEmpty { .. } => true,
            Self::Promised { .. }
            | Self::Gate { .. }
            | Self::All { .. }
            | Self::Skipped { .. }
            | Self::Branches { .. } => true,
            Self::MaxIterations { .. } => false,
        }
    }
}

/// How a session ended. Decides the exit code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Ending {
    /// All nodes reached their goal.
    Completed { reason: NodeEnding },
    /// Failed; can be resumed.
    Failed { error: String, hint: String },
    /// Reached a limit before the goal; can be resumed.
    LimitReached { limit: Limit },
    /// Stopped by the user; can be resumed.
    Stopped { by: String },
    /// Ended from outside, and not by the user: a signal, or the end of its tmux server; anyone may resume it.
    Interrupted { by: String },
}

impl Ending {
    /// Returns the status of a session that ended like this.
    pub fn status(&self) -> SessionStatus {
        match self {
            Self::Completed { .. } => SessionStatus::Complete,
            Self::Failed { .. } => SessionStatus::Failed,
            Self::LimitReached { .. } => SessionStatus::LimitReached,
            Self::Stopped { .. } => SessionStatus::Stopped,
            Self::Interrupted { .. } => SessionStatus::Interrupted,
        }
    }

    /// Returns the limit that was reached, if that is how it ended.
    pub fn limit(&self) -> Option<&Limit> {
        match self {
            Self::LimitReached { limit } => Some(limit),
            Self::Completed { .. }
            | Self::Failed { .. }
            | Self::Stopped { .. }
            | Self::Interrupted { .. } => None,
        }
    }

    /// Returns why the goal was not reached, as a predicate: `failed: …`; `None` if it was.
    pub fn shortfall(&self) -> Option<String> {
        match self {
            Self::Completed { .. } => None,
            Self::Failed { error, .. } => Some(format!("failed: {}", clean(error))),
            Self::LimitReached { limit } => {
                Some(format!("ended short: {}", clean(&limit.to_string())))
            }
            Self::Stopped { by } => Some(format!("was stopped by {}", clean(by))),
            Self::Interrupted { by } => Some(format!("was interrupted by {}", clean(by))),
        }
    }
}
