//! The places of a plan: a node, or providers that run the same nodes side by side.
use super::{Node, Plan, Select};
use crate::model::NodeId;
use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

/// One place in a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Step {
    /// Providers side by side.
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

/// What becomes of a block some of whose branches failed. All of them run to their end in either case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "do")]
pub enum OnFailure {
    /// The block fails.
    Fail,
    /// The pipeline goes on if this many succeeded.
    Continue { min_success: u32 },
}

/// Outputs of a stage of an earlier block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockInput {
    pub block: NodeId,
    pub stage: NodeId,
    pub select: Select,
    /// Names of branches; all of them if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub providers: Vec<NodeId>,
}

/// Which branch of which session a plan is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BranchOf {
    /// The block's place in the session's plan.
    pub step: u32,
    pub block: NodeId,
    pub name: NodeId,
    /// The names of the other branches.
    pub siblings: Vec<NodeId>,
    /// What the steps before the block put out: it is over, and no longer changes.
    pub earlier: Vec<Earlier>,
}

/// What a step that is done put out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Earlier {
    /// Outputs of a node's iterations, oldest first, and whether all of them count.
    Node {
        id: NodeId,
        outputs: Vec<Utf8PathBuf>,
        all: bool,
    },
    /// A block with its `manifest.json`.
    Block { id: NodeId, manifest: Utf8PathBuf },
}

impl Earlier {
    /// Returns the step's id.
    pub fn id(&self) -> &NodeId {
        match self {
            Self::Node { id, .. } | Self::Block { id, .. } => id,
        }
    }
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

impl Plan {
    /// Returns a step's node, if there is such a step and it is no block.
    pub fn node(&self, place: u32) -> Option<&Node> {
        self.step(place)?.node()
    }

    /// Returns a step's block, if there is such a step and it is one.
    pub fn block(&self, place: u32) -> Option<&Block> {
        self.step(place)?.block()
    }

    /// Returns every node there is, those of branches too.
    pub fn all_nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().flat_map(Step::all_nodes)
    }

    /// Returns the 0-based index of the step of that id.
    pub fn position(&self, id: &str) -> Option<usize> {
        self.nodes.iter().position(|step| step.id().as_str() == id)
    }

    /// Returns the plan of one branch of a block: a session of its own within the session's directory.
    pub fn of_branch(&self, step: u32, name: &NodeId, earlier: Vec<Earlier>) -> Option<Self> {
        let block = self.block(step)?;
        let index = block
            .branches
            .iter()
            .position(|branch| branch.name == *name)?;
        let siblings = block
            .branches
            .iter()
            .map(|branch| branch.name.clone())
            .filter(|other| other != name)
            .collect();
        Some(Self {
            run: self.run.of_branch(step, index),
            nodes: block
                .branches
                .get(index)?
                .nodes
                .iter()
                .map(|node| Step::Node(Box::new(node.clone())))
                .collect(),
            // Money and time bound the session as a whole, which ends its branches in time.
            guardrails: super::Guardrails {
                max_runtime_seconds: 0,
                max_cost_usd: 0.0,
                ..self.guardrails
            },
            runs: 1,
            branch: Some(BranchOf {
                step,
                block: block.id.clone(),
                name: name.clone(),
                siblings,
                earlier,
            }),
            overrides: Vec::new(),
            ..self.clone()
        })
    }
}
