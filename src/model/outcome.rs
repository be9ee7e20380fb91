//! How an attempt ended: what the shim saw ([`Exit`]) and what it amounts to ([`Outcome`]).
use super::failure_class::FailureClass;
use super::hang_kind::HangKind;
use super::processes::{Containment, EndedTool, Processes, Scope};
use super::requirement::Requirement;
use super::status::Status;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// `exit.json`: how the agent's process ended, as its shim saw it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exit {
    /// Exit code, unless a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// How it hung, if that is why it was ended.
    pub limit: Option<HangKind>,
    /// Whether the runner requested the end.
    pub cancelled: bool,
    /// Why the agent could not be started at all.
    pub spawn_error: Option<String>,
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
    /// Processes the agent left behind and the shim ended.
    pub swept: u32,
    /// Whether the kernel killed a process of it for want of memory, where the shim can see that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub out_of_memory: bool,
    /// What is left of it.
    #[serde(default)]
    pub scope: Scope,
    #[serde(default)]
    pub containment: Containment,
    /// The question that the agent could not answer, if it was ended for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// Tools that were ended before the agent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ended_tools: Vec<EndedTool>,
}

impl Exit {
    /// Returns the end of a process of which nothing is known but when it was noticed.
    pub fn not_known(at: Timestamp) -> Self {
        Self {
            code: None,
            signal: None,
            limit: None,
            cancelled: false,
            spawn_error: None,
            started_at: at,
            ended_at: at,
            swept: 0,
            out_of_memory: false,
            scope: Scope::default(),
            containment: Containment::default(),
            question: None,
            ended_tools: Vec::new(),
        }
    }

    /// Returns what became of the processes.
    pub fn processes(&self) -> Processes {
        Processes {
            containment: self.containment,
            swept: self.swept,
            scope: self.scope,
            hang: self.limit,
            ended_tools: self.ended_tools.clone(),
        }
    }
}

/// What an attempt amounts to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
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
        /// `login`, `billing`, `denied` or `refused`.
        #[serde(default = "FailureClass::refused")]
        class: FailureClass,
        reason: String,
        hint: String,
    },
    TimedOut {
        limit: HangKind,
    },
    /// A window of the quota is used up, or the provider says when it serves again. Costs no attempt.
    RateLimited {
        /// When it serves again, if that is known.
        until: Option<Timestamp>,
        reason: String,
    },
    /// The provider limits requests, and no window is used up. Costs no attempt.
    Throttled {
        reason: String,
    },
    /// The provider is overloaded, fails, cannot be reached, or its answer was cut off. Costs no attempt.
    Outage {
        reason: String,
    },
    /// The machine lacks what the agent needs. Costs no attempt.
    Environment {
        requirement: Requirement,
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

impl Outcome {
    /// Returns the class of the failure; none if the agent reported.
    pub fn class(&self) -> Option<FailureClass> {
        Some(match self {
            Self::Reported { .. } => return None,
            Self::Refused { class, .. } => *class,
            // Nothing answers the question the next time either.
            Self::TimedOut {
                limit: HangKind::Prompt,
            } => FailureClass::Refused,
            Self::TimedOut { .. } => FailureClass::Hang,
            Self::RateLimited { .. } => FailureClass::Limit,
            Self::Throttled { .. } => FailureClass::Throttle,
            Self::Outage { .. } => FailureClass::Outage,
            Self::Environment { .. } => FailureClass::Environment,
            Self::BudgetExhausted { .. } => FailureClass::Billing,
            Self::Unreported { .. } | Self::Crashed { .. } | Self::Lost { .. } => {
                FailureClass::Crash
            }
            Self::Cancelled => FailureClass::Cancelled,
        })
    }
}

impl Outcome {
    /// Whether it ends its iteration, successfully or in an error; the others leave it to another attempt.
    pub fn ends_iteration(&self) -> bool {
        matches!(self, Self::Reported { .. } | Self::Unreported { .. })
    }

    /// Whether the attempt ended for want of memory.
    pub fn lacks_memory(&self) -> bool {
        matches!(
            self,
            Self::Environment {
                requirement: Requirement::Memory,
                ..
            }
        )
    }

    /// Returns when the provider serves again, if it says so.
    pub fn reset(&self) -> Option<Timestamp> {
        match self {
            Self::RateLimited { until, .. } => *until,
            _ => None,
        }
    }

    /// Returns what the machine lacks, if that is why it failed.
    pub fn requirement(&self) -> Option<&Requirement> {
        match self {
            Self::Environment { requirement, .. } => Some(requirement),
            _ => None,
        }
    }

    /// Returns why the attempt failed, in the words of the program; empty if there are none.
    pub fn reason(&self) -> &str {
        match self {
            Self::Reported { status } => &status.reason,
            Self::Unreported { reason }
            | Self::Crashed { reason, .. }
            | Self::Refused { reason, .. }
            | Self::RateLimited { reason, .. }
            | Self::Throttled { reason }
            | Self::Outage { reason }
            | Self::Environment { reason, .. }
            | Self::BudgetExhausted { reason }
            | Self::Lost { reason } => reason,
            Self::TimedOut { .. } | Self::Cancelled => "",
        }
    }
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
            Self::TimedOut { limit } => write!(f, "timed out: {limit}"),
            Self::RateLimited { reason, .. } => write!(f, "rate limited: {reason}"),
            Self::Throttled { reason } => write!(f, "throttled: {reason}"),
            Self::Outage { reason } => write!(f, "provider outage: {reason}"),
            Self::Environment {
                requirement,
                reason,
            } => write!(f, "needs {requirement}: {reason}"),
            Self::BudgetExhausted { reason } => write!(f, "used up its budget: {reason}"),
            Self::Lost { reason } => write!(f, "lost: {reason}"),
            Self::Cancelled => write!(f, "cancelled"),
        }
    }
}
