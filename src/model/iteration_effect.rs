//! What an iteration changed.
use super::gate::{GateVerdict, VerifyAnswer};
use super::status::Decision;
use serde::{Deserialize, Serialize};

/// What an iteration changed, as far as it is known. What the queue and the gates answer after it is added by their facts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct IterationEffect {
    /// Commits on what is checked out; none outside git, or if git did not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commits: Option<u32>,
    /// Files in those commits, and files that differ from the commit now if that changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<u32>,
    /// Tasks that were open before and are not any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tasks_closed: Option<u32>,
    /// The gate that answered last after it, and its answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<GateAnswer>,
    /// What the agent decided; `error` if it left no valid status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
}

/// A gate and its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct GateAnswer {
    pub name: String,
    pub verdict: GateVerdict,
    /// What it printed as JSON, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<VerifyAnswer>,
}

/// The last change that stays: a commit, a changed file, a closed task, or a gate that says done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct LastChange {
    pub kind: ChangeKind,
    /// How many, of what, or which gate: `2 commits`.
    pub what: String,
    /// The step and the iteration it came with.
    pub node: u32,
    pub iteration: u32,
    pub at: jiff::Timestamp,
}

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    Commit,
    File,
    Task,
    Gate,
}
