//! The steps of a plan: nodes, and blocks of providers that run the same nodes in parallel.
use super::node::Node;
use crate::model::NodeId;
use serde::{Deserialize, Serialize};

/// An element of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Step {
    /// Providers in parallel.
    Block(Block),
    /// One prompt.
    Node(Box<Node>),
}

/// A parallel block: each branch runs its nodes with its own provider, progress, state and folders.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Block {
    pub id: NodeId,
    pub description: String,
    /// Never empty; all have nodes of the same ids.
    pub branches: Vec<Branch>,
    pub on_failure: OnFailure,
}

/// One provider of a block, and what it runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Branch {
    pub name: NodeId,
    /// In the order they run; never empty.
    pub nodes: Vec<Node>,
}

/// The result of a block with failed branches. All branches run to their end in either case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "do")]
pub enum OnFailure {
    /// The block fails.
    Fail,
    /// The pipeline continues if this many branches succeeded.
    Continue { min_success: u32 },
}

impl Step {
    /// Returns its id within the pipeline.
    pub fn id(&self) -> &NodeId {
        match self {
            Self::Block(block) => &block.id,
            Self::Node(node) => &node.id,
        }
    }

    /// Returns the node, unless it is a block.
    pub fn node(&self) -> Option<&Node> {
        match self {
            Self::Node(node) => Some(node),
            Self::Block(_) => None,
        }
    }

    /// Returns the block, unless it is a node.
    pub fn block(&self) -> Option<&Block> {
        match self {
            Self::Block(block) => Some(block),
            Self::Node(_) => None,
        }
    }

    /// Returns the node, or every node of every branch.
    pub fn all_nodes(&self) -> impl Iterator<Item = &Node> {
        let branches = self
            .block()
            .map(|block| block.branches.as_slice())
            .unwrap_or_default();
        self.node()
            .into_iter()
            .chain(branches.iter().flat_map(|branch| &branch.nodes))
    }

    /// Returns the node, or every node of every branch, to be changed.
    pub fn all_nodes_mut(&mut self) -> Box<dyn Iterator<Item = &mut Node> + '_> {
        match self {
            Self::Node(node) => Box::new(std::iter::once(node.as_mut())),
            Self::Block(block) => Box::new(
                block
                    .branches
                    .iter_mut()
                    .flat_map(|branch| &mut branch.nodes),
            ),
        }
    }
}
