//! Records the progress of a parallel block.
use crate::engine::state::{Phase, State};
use crate::model::{BranchReport, Cursor, Ending, Limit, NodeId, Usage};
use jiff::Timestamp;

impl State {
    pub(super) fn block_started(&mut self, cursor: Cursor, at: Timestamp) {
        let current = &mut self.current;
        current.cursor = cursor;
        current.iteration_started = Some(at);
        current.drain = None;
        // Branches that reached their goal stay done; the others continue.
        for report in current.branches.values_mut() {
            let done = |ending: &Ending| matches!(ending, Ending::Completed { .. });
            report.ending = report.ending.take().filter(done);
        }
        self.phase = Phase::Parallel;
    }

    /// Replaces a branch's report, and adds what it used since the last one.
    pub(super) fn branch_reported(&mut self, branch: &NodeId, report: &BranchReport) {
        let known = self.current.branches.insert(branch.clone(), report.clone());
        let (iterations, usage) = known.map_or((0, Usage::default()), |known| {
            (known.iterations, known.usage)
        });
        self.session.iterations += report.iterations.saturating_sub(iterations);
        self.session.usage += report.usage.since(usage);
        self.session.spending.began_on(report.account);
    }

    pub(super) fn block_draining(&mut self, limit: &Limit) {
        self.current.drain = Some(limit.clone());
    }
}
