//! What a policy makes of the quota.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Whether an attempt may begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", tag = "decision")]
pub enum QuotaDecision {
    Go,
    /// None begins before this moment; the reason is a sentence with its numbers.
    Hold {
        until: Timestamp,
        reason: String,
    },
}

impl QuotaDecision {
    /// Returns until when attempts are held, if they are.
    pub fn held_until(&self) -> Option<Timestamp> {
        match self {
            Self::Go => None,
            Self::Hold { until, .. } => Some(*until),
        }
    }
}

/// How an agent should use what is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum QuotaLevel {
    Free,
    /// From 60 %: choose the cheaper way.
    Sparing,
    /// From 80 %: finish what is begun.
    FinishUp,
    /// From 95 %: leave everything ready for another agent.
    LastWords,
}
