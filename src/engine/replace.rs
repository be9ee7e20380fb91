//! Whether a session that has started can go on with another plan.
use super::{Phase, State};
use crate::plan::Plan;

/// Returns why a session cannot go on with the new plan, if it cannot.
///
/// What has happened must mean the same in both: the nodes up to the current one are the same in the same order. What
/// comes later may be anything, and so may what the nodes say.
pub fn replaceable(old: &Plan, new: &Plan, state: &State) -> Result<(), String> {
    if old.kind != new.kind {
        return Err("a loop does not become a pipeline, nor a pipeline a loop".to_owned());
    }
    let current = state.cursor.node as usize;
    for (index, was) in old.nodes.iter().enumerate().take(current + 1) {
        let place = index + 1;
        match new.nodes.get(index) {
            None => return Err(format!("node {place}, `{}`, is no longer there", was.id)),
            Some(is) if is.id != was.id => return Err(format!("node {place} is `{}` now, and was `{}`", is.id, was.id)),
            Some(_) => (),
        }
    }
    let (Some(was), Some(is)) = (old.nodes.get(current), new.nodes.get(current)) else { return Ok(()) };
    let begun = 0 < state.cursor.iteration;
    let source = |node: &crate::plan::Node| node.queue.as_ref().map(|queue| queue.source.clone());
    if begun && source(was) != source(is) {
        return Err(format!("node `{}` has begun with the tasks of another queue", was.id));
    }
    if state.phase == Phase::Running && was.agent != is.agent {
        return Err(format!(
            "iteration {} of node `{}` is not over, and the new plan calls its agent in another way",
            state.cursor.iteration, was.id
        ));
    }
    Ok(())
}
