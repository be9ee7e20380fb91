//! Whether a session that has started can continue with another plan.
use super::state::State;
use crate::plan::{Node, Plan, Step};

/// Returns why a session cannot continue with the new plan, if it cannot.
///
/// What has happened must mean the same in both: the nodes up to the current one are the same in the same order, in every
/// run so far; one that has begun has the same queue, and an agent that may be running is called in the same way. A
/// parallel block that has begun stays as it is, since its branches have plans of their own. Later nodes, and the
/// prompts of all nodes, may change.
pub fn replaceable(old: &Plan, new: &Plan, state: &State) -> Result<(), String> {
    if old.kind != new.kind {
        return Err("a loop does not become a pipeline, nor a pipeline a loop".to_owned());
    }
    let current = state.current.cursor.node;
    for place in 0..=current {
        let Some(was) = old.step(place) else { break };
        let which = old
            .run_label(place)
            .map_or_else(String::new, |run| format!(" in {run}"));
        let number = old.split(place).1 + 1;
        match new.step(place) {
            None => {
                return Err(format!(
                    "node {number}{which}, `{}`, is no longer there",
                    was.id()
                ));
            }
            Some(is) if is.id() != was.id() => {
                return Err(format!(
                    "node {number}{which} is `{}` now, and was `{}`",
                    is.id(),
                    was.id()
                ));
            }
            Some(is) if is.block().is_some() != was.block().is_some() => {
                return Err(format!(
                    "node {number}{which}, `{}`, is a parallel block in one of the two plans only",
                    was.id()
                ));
            }
            Some(_) => (),
        }
    }
    match (old.step(current), new.step(current)) {
        _ if state.current.cursor.iteration == 0 => Ok(()),
        (Some(Step::Node(was)), Some(Step::Node(is))) => of_node(was, is, state),
        (Some(Step::Block(was)), Some(Step::Block(is))) if was != is => Err(format!(
            "the parallel block `{}` has begun: its branches keep their plans",
            was.id
        )),
        _ => Ok(()),
    }
}

/// The same for a node that has begun.
fn of_node(was: &Node, is: &Node, state: &State) -> Result<(), String> {
    let tasks = |node: &Node| {
        node.queue
            .as_ref()
            .map(|queue| (queue.source.clone(), queue.claim))
    };
    if tasks(was) != tasks(is) {
        return Err(format!(
            "node `{}` has begun with another queue, or with another way to claim its tasks",
            was.id
        ));
    }
    if state.phase.is_running() && was.agent != is.agent {
        let iteration = state.current.cursor.iteration;
        return Err(format!(
            "iteration {iteration} of node `{}` is not over, and the new plan calls its agent differently",
            was.id
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::properties::plan;
    use crate::engine::state::Phase;
    use crate::model::Cursor;
    use crate::plan::{ClaimBy, PlanKind};

    /// Returns why a session at this cursor cannot take a plan changed like this; nothing if it can.
    fn refused(cursor: (u32, u32), phase: Phase, change: impl Fn(&mut Plan)) -> String {
        let mut state = State {
            phase,
            ..State::default()
        };
        state.current.cursor = Cursor {
            node: cursor.0,
            iteration: cursor.1,
            attempt: 1,
        };
        let mut new = plan();
        change(&mut new);
        replaceable(&plan(), &new, &state).err().unwrap_or_default()
    }

    fn queued(new: &mut Plan) -> &mut Node {
        new.steps[1].all_nodes_mut().next().unwrap()
    }

    #[test]
    fn what_is_to_come_may_be_anything() {
        let free: [fn(&mut Plan); 4] = [
            |new| new.steps.truncate(2),
            |new| new.steps.swap(2, 4),
            |new| queued(new).prompt = "other".to_owned(),
            |new| queued(new).max_iterations = 9,
        ];
        for change in free {
            assert_eq!(refused((1, 2), Phase::Running { shim: None }, change), "");
        }
    }

    #[test]
    fn what_has_been_stays() {
        assert!(
            refused((1, 0), Phase::Ready, |new| new.steps.swap(0, 1))
                .contains("node 1 in run 1 of 2 is `queued` now, and was `judged`")
        );
        assert!(
            refused((1, 0), Phase::Ready, |new| (
                new.runs = 1,
                new.steps.truncate(1)
            )
                .1)
            .contains("node 2 in run 1 of 2, `queued`, is no longer there")
        );
        assert!(
            refused((0, 0), Phase::Ready, |new| new.kind = PlanKind::Loop)
                .contains("a loop does not become a pipeline")
        );
    }

    #[test]
    fn every_run_so_far_stays() {
        assert_eq!(refused((6, 1), Phase::Ready, |new| new.runs = 5), "");
        assert!(
            refused((6, 0), Phase::Ready, |new| new.runs = 1)
                .contains("node 1 in run 2 of 2, `judged`, is no longer there")
        );
        assert!(
            refused((6, 0), Phase::Ready, |new| drop(new.steps.pop()))
                .contains("node 6 in run 1 of 2 is `judged` now")
        );
    }

    #[test]
    fn a_node_that_has_begun_keeps_its_tasks() {
        let no_queue = |new: &mut Plan| queued(new).queue = None;
        let handed = |new: &mut Plan| queued(new).queue.as_mut().unwrap().claim = ClaimBy::Engine;
        assert_eq!(
            [
                refused((1, 0), Phase::Ready, no_queue),
                refused((1, 0), Phase::Ready, handed)
            ],
            ["", ""]
        );
        assert!(
            refused((1, 1), Phase::Ready, no_queue)
                .contains("node `queued` has begun with another queue")
        );
        assert!(refused((1, 1), Phase::Ready, handed).contains("another way to claim its tasks"));
    }

    #[test]
    fn a_block_that_has_begun_goes_on_as_it_began() {
        let other = |new: &mut Plan| {
            new.steps[4].all_nodes_mut().next().unwrap().prompt = "other".to_owned();
        };
        let no_block = |new: &mut Plan| {
            let mut node = new.node(0).unwrap().clone();
            node.id = new.steps[4].id().clone();
            new.steps[4] = Step::Node(Box::new(node));
        };
        assert_eq!(
            [
                refused((4, 0), Phase::Ready, other),
                refused((5, 1), Phase::Running { shim: None }, other)
            ],
            ["", ""]
        );
        assert!(
            refused((4, 1), Phase::Parallel, other).contains("the parallel block `side` has begun")
        );
        assert!(
            refused((5, 0), Phase::Ready, no_block)
                .contains("is a parallel block in one of the two plans only")
        );
    }

    #[test]
    fn an_agent_that_may_be_at_work_is_called_as_before() {
        let model = |new: &mut Plan| queued(new).agent.model = "haiku".to_owned();
        assert_eq!(refused((1, 1), Phase::Ready, model), "");
        assert!(
            refused((1, 1), Phase::Running { shim: None }, model)
                .contains("iteration 1 of node `queued` is not over")
        );
    }
}
