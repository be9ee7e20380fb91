//! How an attempt ended: what the shim saw ([`Exit`]) and what it amounts to ([`Outcome`]).
use super::cursor::Cursor;
use super::status::Status;
use super::usage::Usage;
use super::work_tree::WorkTree;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The limit of an attempt that ended an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LimitKind {
    /// It ran longer than an attempt may.
    Wall,
    /// It printed nothing for too long.
    Idle,
    /// It gave its result but did not exit.
    AfterResult,
}

/// `exit.json`: how the agent's process ended, as its shim saw it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exit {
    /// Exit code, unless a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// The limit it reached, if that is why it ended.
    pub limit: Option<LimitKind>,
    /// Whether the runner requested the end.
    pub cancelled: bool,
    /// Why the agent could not be started at all.
    pub spawn_error: Option<String>,
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
    /// Processes the agent left behind and the shim ended.
    pub swept: u32,
}

/// An attempt that is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FinishedAttempt {
    pub cursor: Cursor,
    pub outcome: Outcome,
    pub usage: Usage,
    /// What its last words promise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub promises: Vec<String>,
    /// The project's files when the iteration was over, if they are in git.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tree: Option<WorkTree>,
}

impl FinishedAttempt {
    /// Returns an attempt that used and promised nothing.
    pub fn new(cursor: Cursor, outcome: Outcome) -> Self {
        Self {
            cursor,
            outcome,
            usage: Usage::default(),
            promises: Vec::new(),
            tree: None,
        }
    }
}

/// What an attempt amounts to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Outcome {
    /// Exit 0 and a valid, fresh status.
    Reported {
        status: Status,
    },
    /// Exit 0 without one: an error iteration.
    Unreported {
        reason: String,
    },
    /// The process failed. `stderr` is the end of what it printed.
    Crashed {
        code: Option<i32>,
        signal: Option<i32>,
        reason: String,
        stderr: String,
    },
    /// The provider or its permissions refused; a retry would change nothing.
    Refused {
        reason: String,
        hint: String,
    },
    TimedOut {
        limit: LimitKind,
    },
    /// Out of quota. Costs no attempt.
    RateLimited {
        until: Option<Timestamp>,
        reason: String,
    },
    /// It used up the budget that its program was given. Another attempt would use up another one.
    BudgetExhausted {
        reason: String,
    },
    /// It ended and left no record.
    Lost {
        reason: String,
    },
    /// It was ended because the session was stopped.
    Cancelled,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reported { .. } => write!(f, "reported"),
            Self::Unreported { reason } => write!(f, "left no valid status: {reason}"),
            Self::Crashed {
                reason,
                code,
                signal,
                ..
            } => match (reason.as_str(), signal, code) {
                ("", Some(signal), _) => write!(f, "terminated unexpectedly by signal {signal}"),
                ("", None, Some(code)) => {
                    write!(f, "terminated unexpectedly with exit code {code}")
                }
                ("", None, None) => write!(f, "terminated unexpectedly"),
                (reason, Some(signal), _) => {
                    write!(f, "terminated unexpectedly by signal {signal}: {reason}")
                }
                (reason, None, Some(code)) if *code != 0 => {
                    write!(f, "terminated unexpectedly with exit code {code}: {reason}")
                }
                (reason, ..) => write!(f, "terminated unexpectedly: {reason}"),
            },
            Self::Refused { reason, .. } => write!(f, "refused: {reason}"),
            Self::TimedOut {
                limit: LimitKind::Wall,
            } => write!(f, "timed out: it ran longer than an attempt may"),
            Self::TimedOut {
                limit: LimitKind::Idle,
            } => write!(f, "timed out: it gave no sign of life"),
            Self::TimedOut {
                limit: LimitKind::AfterResult,
            } => write!(f, "timed out: it gave its result but did not exit"),
            Self::RateLimited { reason, .. } => write!(f, "rate limited: {reason}"),
            Self::BudgetExhausted { reason } => write!(f, "used up its budget: {reason}"),
            Self::Lost { reason } => write!(f, "lost: {reason}"),
            Self::Cancelled => write!(f, "cancelled"),
        }
    }
}
