//! What you say to an agent at work.
use super::id::NodeId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A text of yours to the agent of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Distinguishes it from every other text to the session.
    pub id: String,
    pub text: String,
    /// How it was said: `ap say`.
    pub by: String,
    pub said_at: Timestamp,
    /// The branch of the current block whose agent is meant; without one, in a block, those of all branches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<NodeId>,
    /// Whether it ends the agent's current turn first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub interrupt: bool,
}

/// A text of yours that an agent still has to find in its context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaidText {
    #[serde(flatten)]
    pub said: Said,
    /// When an agent read it while it worked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
    /// Whether the current agent began with it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_context: bool,
    /// Whether it was said while branches were at work: each of those that are meant has it too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub to_branches: bool,
}

impl SaidText {
    /// Whether it is to be sent to the agent at work: no agent has read it, and this one did not begin with it.
    pub fn is_new(&self) -> bool {
        self.delivered_at.is_none() && !self.in_context
    }
}
