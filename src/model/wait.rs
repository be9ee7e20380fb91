//! What a session waits for.
use crate::text;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a session waits for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum WaitReason {
    /// The loop's delay between iterations.
    Delay,
    /// The delay before a retry.
    Retry { error: String },
    /// The reset of the provider's quota.
    RateLimit { reason: String },
    /// A queue that is locked or overloaded.
    BusyQueue { error: String },
    /// Tasks that others hold; `by` names the first owners.
    Queue {
        held: u32,
        #[serde(default)]
        by: Vec<String>,
    },
}

impl fmt::Display for WaitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delay => f.write_str("delay between iterations"),
            Self::Retry { error } => write!(f, "retry after: {error}"),
            Self::RateLimit { reason } => write!(f, "rate limit: {reason}"),
            Self::BusyQueue { error } => write!(f, "busy queue: {error}"),
            Self::Queue { held, by } => f.write_str(&text::held(*held, by)),
        }
    }
}
