//! When a node stops. Each strategy is a pure function of what happened so far; one file per strategy.
mod fixed;
mod judgment;
mod queue;

use crate::model::{NodeEnding, Verdict};
use serde::{Deserialize, Serialize};

/// A node's strategy. The iteration cap of the node applies beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum Termination {
    /// Run exactly as many iterations as the node may.
    Fixed,
    /// Stop when `consensus` agents in a row say stop, not before `min_iterations`.
    Judgment { consensus: u32, min_iterations: u32 },
    /// Stop when the session's queue is empty.
    Queue,
}

/// Everything a strategy may look at.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// Iterations of this node that are over.
    pub iterations: u32,
    pub max_iterations: u32,
    /// How many of the last ones said stop, in a row.
    pub stops: u32,
    /// What the queue said after the last iteration.
    pub queue: Option<&'a Verdict>,
}

impl Termination {
    /// Whether the queue must be looked at before [`Self::ending`] can answer.
    pub fn asks_queue(&self) -> bool {
        match self {
            Self::Queue => true,
            Self::Fixed | Self::Judgment { .. } => false,
        }
    }

    /// Returns why the node is done, if it is.
    pub fn ending(&self, seen: &Evidence<'_>) -> Option<NodeEnding> {
        match self {
            Self::Fixed => fixed::ending(seen),
            Self::Judgment { consensus, min_iterations } => judgment::ending(*consensus, *min_iterations, seen),
            Self::Queue => queue::ending(seen),
        }
        .or_else(|| (seen.max_iterations <= seen.iterations).then_some(NodeEnding::MaxIterations { iterations: seen.iterations }))
    }
}
