//! Stop after a fixed number of iterations, whatever the agents say.
use super::Evidence;
use crate::model::NodeEnding;

pub(super) fn ending(iterations: Option<u32>, seen: &Evidence<'_>) -> Option<NodeEnding> {
    let most = iterations.unwrap_or(seen.max_iterations);
    (most <= seen.iterations).then_some(NodeEnding::AllIterations {
        iterations: seen.iterations,
    })
}
