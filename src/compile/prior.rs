//! The parts of a parallel block that later nodes may refer to, even if the block itself cannot be compiled.
use crate::plan::Block;

/// A preceding block, or a node that failed to compile and may be one or contain some.
#[derive(Clone, Debug)]
pub(super) struct PriorBlock {
    pub(super) id: String,
    /// The ids of its stages; `None` if they are unknown until it is fixed.
    pub(super) stages: Option<Vec<String>>,
    /// The names of its branches; `None` if they are unknown until it is fixed.
    pub(super) branches: Option<Vec<String>>,
    /// Whether it is a pipeline: its nodes have names that begin with its id, and are unknown until it is fixed.
    pub(super) holds_others: bool,
}

impl PriorBlock {
    pub(super) fn of(block: &Block) -> Self {
        let stages = block.branches.first().map(|branch| {
            branch
                .nodes
                .iter()
                .map(|node| node.id.to_string())
                .collect()
        });
        let branches = Some(
            block
                .branches
                .iter()
                .map(|branch| branch.name.to_string())
                .collect(),
        );
        Self {
            id: block.id.to_string(),
            stages,
            branches,
            holds_others: false,
        }
    }

    /// Whether it may have this id.
    pub(super) fn may_be(&self, name: &str) -> bool {
        self.id == name || self.may_hold(name)
    }

    /// Whether it may contain a node of this id.
    pub(super) fn may_hold(&self, name: &str) -> bool {
        self.holds_others
            && name
                .strip_prefix(self.id.as_str())
                .is_some_and(|rest| rest.starts_with('-'))
    }

    /// Whether it may have this stage.
    pub(super) fn may_have(&self, stage: &str) -> bool {
        self.stages
            .as_ref()
            .is_none_or(|stages| stages.iter().any(|own| own == stage))
    }
}
