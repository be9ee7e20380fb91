//! Records the answers of gates.
use crate::engine::state::State;
use crate::model::{GateVerdict, Usage};
use jiff::Timestamp;

impl State {
    pub(super) fn gate_answered(
        &mut self,
        gate: u32,
        name: &str,
        verdict: &GateVerdict,
        usage: Usage,
        at: Timestamp,
    ) {
        self.session.usage += usage;
        self.count_gate_repeats(name, verdict);
        self.note_gate(name, verdict, at);
        let failures = &mut self.current.counters.gate_failures;
        *failures = match verdict {
            GateVerdict::Broken { .. } => *failures + 1,
            GateVerdict::Stop { .. }
            | GateVerdict::Continue { .. }
            | GateVerdict::InProgress { .. } => 0,
        };
        self.current.gates.insert(gate, verdict.clone());
        self.current.last_gate = Some((name.to_owned(), verdict.clone()));
    }
}
