//! Records the answers of gates.
use crate::engine::policy::{Then, policy};
use crate::engine::state::State;
use crate::model::{DonePhase, GateAnswer, GateVerdict, Imported, Outcome, Usage};
use jiff::Timestamp;

impl State {
    pub(super) fn gate_answered(
        &mut self,
        gate: u32,
        said: &GateAnswer,
        (usage, phases): (Usage, &[DonePhase]),
        at: Timestamp,
    ) {
        let GateAnswer {
            name,
            verdict,
            answer,
        } = said;
        self.session.usage += usage;
        let known = &self.session.phases;
        let new = phases.iter().filter(|phase| !known.contains(&phase.name));
        self.session.unrecorded_phases = new.cloned().collect();
        self.current.last_gate = Some((name.clone(), verdict.clone()));
        self.current.last_gate_answer.clone_from(answer);
        if let GateVerdict::Unavailable { agent, outcome } = verdict {
            self.judge_failed(agent, outcome, at);
            return;
        }
        self.judge_answered();
        self.count_gate_repeats(name, verdict);
        self.note_gate(said, at);
        self.note_checked(said);
        let failures = &mut self.current.counters.gate_failures;
        *failures = match verdict {
            GateVerdict::Broken { .. } => *failures + 1,
            GateVerdict::Stop { .. }
            | GateVerdict::Continue { .. }
            | GateVerdict::InProgress { .. }
            | GateVerdict::Unavailable { .. } => 0,
        };
        self.current.gates.insert(gate, verdict.clone());
    }

    pub(super) fn project_imported(&mut self, imported: &Imported) {
        self.session.imported = true;
        self.session.phases.extend(imported.phases.iter().cloned());
    }

    pub(super) fn phase_finished(&mut self, phase: &DonePhase) {
        let session = &mut self.session;
        session
            .unrecorded_phases
            .retain(|other| other.name != phase.name);
        if !session.phases.contains(&phase.name) {
            session.phases.push(phase.name.clone());
        }
    }

    /// Records that the judge was not served. Its rest is that of an agent.
    fn judge_failed(&mut self, agent: &str, outcome: &Outcome, at: Timestamp) {
        self.note_stall(outcome, at);
        if let Some(class) = outcome.class()
            && let Then::Rest(waits) = policy(class).then
        {
            self.rest_agent(agent, (class, waits), outcome, at);
        }
        self.current.judge_failure = Some((agent.to_owned(), outcome.clone()));
    }

    fn judge_answered(&mut self) {
        if let Some((agent, _)) = self.current.judge_failure.take() {
            self.session.resting.remove(&agent);
            self.session.stall = None;
        }
    }
}
