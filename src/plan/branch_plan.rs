//! The branch of a parallel block that a plan is for.
use crate::model::{Answered, NodeId};
use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

/// The branch that a plan is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BranchContext {
    /// The block's step index in the session's plan.
    pub step: u32,
    pub block: NodeId,
    pub name: NodeId,
    /// The names of the other branches.
    pub siblings: Vec<NodeId>,
    /// Outputs of the steps before the block, which no longer change.
    pub prior: Vec<Prior>,
    /// Your answers that no agent had had when the block began.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<Answered>,
}

/// Outputs of a finished step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Prior {
    /// Outputs of a node's iterations, oldest first, and whether all of them count.
    Node {
        id: NodeId,
        outputs: Vec<Utf8PathBuf>,
        all: bool,
    },
    /// A block with its `manifest.json`.
    Block { id: NodeId, manifest: Utf8PathBuf },
}

impl Prior {
    /// Returns the step's id.
    pub fn id(&self) -> &NodeId {
        match self {
            Self::Node { id, .. } | Self::Block { id, .. } => id,
        }
    }
}
