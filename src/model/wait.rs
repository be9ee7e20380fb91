//! What a session waits for.
use super::question::QuestionId;
use super::requirement::Requirement;
use crate::text;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a session waits for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum WaitReason {
    /// The loop's delay between iterations.
    Delay,
    /// The delay before a retry.
    Retry { error: String },
    /// The reset of the provider's quota.
    RateLimit {
        reason: String,
        /// When the session ends if nothing changes; none where the provider says when it serves again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gives_up_at: Option<Timestamp>,
    },
    /// A provider that limits requests.
    Throttle {
        reason: String,
        /// When the session ends if nothing changes.
        gives_up_at: Option<Timestamp>,
    },
    /// The end of an outage of the provider.
    Outage {
        reason: String,
        /// When the session ends if nothing changes.
        gives_up_at: Option<Timestamp>,
    },
    /// Something the machine lacks.
    Environment {
        requirement: Requirement,
        reason: String,
        /// When the session ends if nothing changes.
        gives_up_at: Option<Timestamp>,
    },
    /// Your own policy for the quota; the reason is a sentence with its numbers.
    Quota { reason: String },
    /// The end of the day or week whose budget all sessions together have spent.
    Budget { reason: String },
    /// A queue that is locked or overloaded.
    BusyQueue { error: String },
    /// Your answer to a question.
    Question { id: QuestionId, text: String },
    /// Tasks that others hold; `by` names the first owners.
    Queue {
        held: u32,
        #[serde(default)]
        by: Vec<String>,
    },
}

impl WaitReason {
    /// Returns when the session ends if nothing changes, if the wait has such an end.
    pub fn gives_up_at(&self) -> Option<Timestamp> {
        match self {
            Self::RateLimit { gives_up_at, .. }
            | Self::Throttle { gives_up_at, .. }
            | Self::Outage { gives_up_at, .. }
            | Self::Environment { gives_up_at, .. } => *gives_up_at,
            Self::Delay
            | Self::Retry { .. }
            | Self::Quota { .. }
            | Self::Budget { .. }
            | Self::BusyQueue { .. }
            | Self::Question { .. }
            | Self::Queue { .. } => None,
        }
    }
}

impl fmt::Display for WaitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delay => f.write_str("delay between iterations"),
            Self::Retry { error } => write!(f, "retry after: {error}"),
            Self::RateLimit { reason, .. } => write!(f, "rate limit: {reason}"),
            Self::Throttle { reason, .. } => write!(f, "throttled by the provider: {reason}"),
            Self::Outage { reason, .. } => write!(f, "provider outage: {reason}"),
            Self::Environment {
                requirement,
                reason,
                ..
            } => write!(f, "{requirement}: {reason}"),
            Self::Quota { reason } => f.write_str(reason),
            Self::Budget { reason } => write!(f, "budget: {reason}"),
            Self::BusyQueue { error } => write!(f, "busy queue: {error}"),
            Self::Question { text, .. } => write!(f, "your answer: {text}"),
            Self::Queue { held, by } => f.write_str(&text::held(*held, by)),
        }
    }
}
