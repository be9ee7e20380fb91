//! Where a session asks you before it continues.
use crate::model::Next;
use serde::{Deserialize, Serialize};

/// Where a node or a pipeline asks you before it continues.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirm {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<ConfirmWhen>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<ConfirmWhen>,
    /// What you are asked; empty for a question that names the node.
    #[serde(default)]
    pub message: String,
    /// Seconds between reminders.
    pub remind_s: u64,
    /// What happens without an answer; it waits for you if there is no such rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unanswered: Option<Unanswered>,
}

impl Confirm {
    /// Seconds between reminders, unless a definition names another time.
    pub const REMIND_S: u64 = 4 * 60 * 60;
}

/// Which iterations of a node, or steps of a pipeline, are confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ConfirmWhen {
    /// The first one only.
    First,
    /// Every one.
    Every,
}

impl ConfirmWhen {
    /// Whether the iteration or step of this number, from 1, is confirmed.
    pub fn includes(self, number: u32) -> bool {
        match self {
            Self::First => number == 1,
            Self::Every => 0 < number,
        }
    }
}

/// What happens to a question that you do not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unanswered {
    /// Seconds after the question.
    pub after_s: u64,
    #[serde(rename = "do")]
    pub next: Next,
}

/// What follows when a node cannot continue by itself, although you could decide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum OnTrouble {
    /// The session asks you.
    Ask,
    /// The session ends.
    #[default]
    Fail,
}

impl OnTrouble {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde passes a reference"
    )]
    pub(super) fn is_fail(&self) -> bool {
        *self == Self::Fail
    }
}
