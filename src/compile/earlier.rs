//! What is known of an earlier parallel block by whoever refers to it, also where the block itself is wrong.
use super::block;
use super::definition::{NodeDef, ParallelKey};
use super::diagnostics::Place;
use super::steps::{Made, name_of};
use crate::plan::Block;

/// A parallel block before a node, or what may be one or hold some.
#[derive(Clone, Debug)]
pub(super) struct EarlierBlock {
    pub(super) id: String,
    /// The ids of its stages; `None` if that cannot be told before it is mended.
    pub(super) stages: Option<Vec<String>>,
    /// The names of its branches, likewise.
    pub(super) branches: Option<Vec<String>>,
    /// Whether it is a pipeline, whose nodes are called after it and cannot be told before it is mended.
    holds_others: bool,
}

impl EarlierBlock {
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

    /// Returns the blocks among the steps that a node became. If it could not become any, what is wrong with it is told:
    /// whoever refers to it is right as long as the node may be meant.
    pub(super) fn all(place: &Place<'_>, def: &NodeDef, steps: Option<&[Made]>) -> Vec<Self> {
        if let Some(steps) = steps {
            return steps
                .iter()
                .filter_map(|(step, _)| step.block())
                .map(Self::of)
                .collect();
        }
        let id = name_of(def).to_owned();
        match &def.parallel {
            Some(ParallelKey::Block(written)) => {
                let branches = block::names(&place.to("parallel"), written, &mut Vec::new());
                let branches = branches.iter().map(ToString::to_string).collect::<Vec<_>>();
                let stages: Vec<String> = written
                    .stages()
                    .1
                    .iter()
                    .map(|stage| name_of(stage).to_owned())
                    .collect();
                let told = |names: Vec<String>| {
                    Some(names).filter(|names| {
                        !names.is_empty() && names.iter().all(|name| !name.is_empty())
                    })
                };
                let branches =
                    told(branches).filter(|branches| branches.len() == written.providers.len());
                vec![Self {
                    id,
                    stages: told(stages),
                    branches,
                    holds_others: false,
                }]
            }
            // What stood there as a block could not be read.
            _ if def.uses().is_none() && def.prompt.is_none() => {
                vec![Self {
                    id,
                    stages: None,
                    branches: None,
                    holds_others: def.pipeline.is_some(),
                }]
            }
            _ => Vec::new(),
        }
    }

    /// Whether it is called so, as far as can be told.
    pub(super) fn may_be(&self, name: &str) -> bool {
        self.id == name || self.may_hold(name)
    }

    /// Whether a node of this name may be in the pipeline that could not be made.
    pub(super) fn may_hold(&self, name: &str) -> bool {
        self.holds_others
            && name
                .strip_prefix(self.id.as_str())
                .is_some_and(|rest| rest.starts_with('-'))
    }

    /// Whether it has such a stage, as far as can be told.
    pub(super) fn may_have(&self, stage: &str) -> bool {
        self.stages
            .as_ref()
            .is_none_or(|stages| stages.iter().any(|own| own == stage))
    }
}
