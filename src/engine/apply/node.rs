//! Records that a node is done.
use crate::engine::node_state::NodeState;
use crate::engine::state::{FinishedNode, Phase, State};
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
        // Its branches or iterations are over, so a pause that was to wait for them begins.
        self.session.pausing |= std::mem::take(&mut self.session.pauses_after_node);
        let done = std::mem::replace(&mut self.current, NodeState::before(node + 1));
        if !done.branches.is_empty() {
            // Their agents had them.
            self.session.answers.clear();
        }
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
