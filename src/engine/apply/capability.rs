//! Counts iterations in a row that an abler agent might have done well.
use crate::engine::state::State;
use crate::model::{GateAnswer, GateVerdict};
use crate::termination::PARTIAL_PASS;

impl State {
    /// Records that the last iteration did not do its work: its agent gave up or left no report, or the check failed. It
    /// counts once, whatever comes together in it.
    pub(super) fn note_miss(&mut self) {
        let counters = &mut self.current.counters;
        if counters.last_miss != counters.iterations {
            counters.last_miss = counters.iterations;
            counters.misses += 1;
            counters.most_misses = counters.most_misses.max(counters.misses);
        }
    }

    /// Records what a check tells of the agent. One that cannot tell yet, or that failed itself, tells nothing.
    pub(super) fn note_checked(&mut self, said: &GateAnswer) {
        match &said.verdict {
            GateVerdict::Stop { .. } => self.current.counters.misses = 0,
            GateVerdict::Continue { reason } if reason.starts_with(PARTIAL_PASS) => {
                self.current.counters.misses = 0;
            }
            GateVerdict::Continue { .. } => self.note_miss(),
            GateVerdict::InProgress { .. }
            | GateVerdict::Broken { .. }
            | GateVerdict::Unavailable { .. } => {}
        }
    }
}
