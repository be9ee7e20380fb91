//! Stop after a fixed number of iterations, whatever the agents say.
use super::Evidence;
use crate::model::NodeEnding;

pub(super) fn ending(seen: &Evidence<'_>) -> Option<NodeEnding> {
    (seen.max_iterations <= seen.iterations).then_some(NodeEnding::AllIterations { iterations: seen.iterations })
}
