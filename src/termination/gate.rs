//! What decides from outside the loop: a command, or a judge.
use super::threshold::Threshold;
use crate::text::clean;
use serde::{Deserialize, Serialize};

/// Broken answers in a row that fail the session.
pub const MAX_BROKEN_ANSWERS: u32 = 3;

/// A gate of a termination.
#[derive(Clone, Copy, Debug)]
pub enum GateRef<'a> {
    Command(&'a Gate),
    Judge(&'a Judge),
}

/// A command that decides, frozen when the session starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// Program and arguments.
    pub command: Vec<String>,
    /// Seconds it may run.
    pub timeout_s: u64,
    /// The score below which the work is not done; without one, scores decide nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Threshold>,
    /// What must be done too, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complete: Option<Completeness>,
    /// The files among its words as they were when the session started, and its scripts that did not exist then: agents
    /// must not change or create what judges them.
    #[serde(default)]
    pub frozen: Vec<FrozenFile>,
}

impl Gate {
    pub(super) fn describe(&self) -> String {
        let Some(Completeness { prd, tasks }) = &self.complete else {
            return format!("`{}` succeeds", clean(&self.command.join(" ")));
        };
        let open = match (prd.is_empty(), tasks) {
            (false, true) => "no task and no box of the PRD is open",
            (false, false) => "no box of the PRD is open",
            (true, _) => "no task is open",
        };
        format!("the check passes and {open}")
    }
}

/// What must be done beside a gate that passes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completeness {
    /// Paths in the project, of which the first that exists is the PRD: none of its boxes may be open.
    #[serde(default)]
    pub prd: Vec<String>,
    /// Whether no task of the queue may be open.
    #[serde(default)]
    pub tasks: bool,
}

/// A file that must not change while the session runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrozenFile {
    /// Absolute.
    pub path: String,
    /// Fingerprint of its content; empty if it did not exist.
    pub hash: String,
}

/// What a judge decides by: an agent that does no work itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judge {
    /// When the work is done, in words.
    pub criteria: String,
    /// Iterations before it is asked for the first time.
    pub min_iterations: u32,
    /// Confidence in per cent below which a stop does not count.
    pub confidence: u32,
}
