//! Iterations that change nothing: no commit, no changed file, no closed task, and the same report as before.
use super::State;
use crate::model::{Cursor, Status, Verdict, WorkTree};
use crate::plan::{Node, Plan};
use crate::text::count;

impl State {
    /// Takes in what an iteration has left behind. The first one of a node has nothing to be compared with.
    pub(super) fn look_at_work(&mut self, cursor: Cursor, status: &Status, tree: Option<&WorkTree>) {
        let before = self.history.back().filter(|last| last.node == cursor.node);
        let same_report = before.is_some_and(|last| last.status.says_the_same(status));
        let idle = same_report && WorkTree::same(self.tree.as_ref(), tree);
        self.tally.idle = if idle { self.tally.idle + 1 } else { 0 };
        self.tree = tree.cloned();
    }

    /// Takes in how many tasks are left: one that was closed, or added, is something.
    pub(super) fn look_at_queue(&mut self, verdict: &Verdict) {
        let Some(left) = verdict.left() else { return };
        if self.left.replace(left) != Some(left) {
            self.tally.idle = 0;
        }
    }
}

/// Returns that the node's agents have changed nothing for too long, if they have. Agents that are about to agree that
/// nothing is left to do have nothing to change.
pub(super) fn limit(plan: &Plan, state: &State, node: &Node) -> Option<String> {
    let (most, idle) = (plan.guardrails.max_idle_iterations, state.tally.idle);
    let over = 0 < most && most <= idle && !state.in_iteration();
    (over && !node.termination.is_agreeing(&state.evidence(node))).then(|| {
        format!("{} in a row changed nothing: no commit, no changed file, no closed task, the same report", count(idle, "iteration"))
    })
}
