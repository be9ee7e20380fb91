//! How far a branch of a parallel block is.
use super::{Ending, Usage};
use serde::{Deserialize, Serialize};

/// What a branch's own journal amounts to, as its session hears of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BranchReport {
    /// The line of the branch's journal up to which this tells.
    pub seq: u64,
    /// Iterations that are over.
    pub iterations: u32,
    /// All that its agents have used so far.
    pub usage: Usage,
    /// Once it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ending>,
}

/// What a session asks of its branches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Orders {
    /// End now; who asked.
    pub stop: Option<String>,
    /// End as soon as no agent runs; why.
    pub drain: Option<String>,
    /// Pause as soon as no agent runs.
    pub pause: bool,
}
