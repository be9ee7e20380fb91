//! Records that a node is done.
use crate::engine::state::{FinishedNode, NodeState, Phase, State};
use crate::model::{NodeEnding, NodeId};
use jiff::Timestamp;

impl State {
    pub(super) fn node_finished(
        &mut self,
        node: u32,
        id: &NodeId,
        ending: &NodeEnding,
        at: Timestamp,
    ) {
        let done = std::mem::replace(&mut self.current, NodeState::before(node + 1));
        let in_branches: u32 = done.branches.values().map(|report| report.iterations).sum();
        self.session.finished.push(FinishedNode {
            id: id.clone(),
            iterations: done.counters.iterations + in_branches,
            ending: ending.clone(),
            at,
            max_iterations: done.max_iterations,
            extra: done.counters.extra,
            branches: done.branches,
        });
        self.phase = Phase::Ready;
    }
}
