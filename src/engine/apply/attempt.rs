//! Records how attempts begin and end.
use crate::engine::node_state::{AgentQuestion, Permissions};
use crate::engine::policy::{Then, policy};
use crate::engine::state::{IterationRecord, Phase, SessionState, State};
use crate::model::{
    Containment, CostDoubt, Cursor, Decision, FailureClass, FinishedAttempt, Outcome, ProcessId,
    Status,
};
use jiff::Timestamp;

impl State {
    pub(super) fn iteration_started(
        &mut self,
        cursor: Cursor,
        fallback: u32,
        agent: &str,
        at: Timestamp,
    ) {
        self.session.ignores_quota = false;
        self.brief_agent();
        self.current.permissions = Permissions::default();
        let current = &mut self.current;
        if cursor.attempt == 1 {
            current.counters.failures = 0;
            current.counters.memory_failures = 0;
        }
        current.counters.queue_waits = 0;
        current.counters.queue_waiting_since = None;
        current.cursor = cursor;
        current.fallback = fallback;
        agent.clone_into(&mut current.agent);
        current.iteration_started = Some(at);
        current.promises.clear();
        current.gates.clear();
        self.phase = Phase::Running { shim: None };
    }

    pub(super) fn agent_started(&mut self, started: &ProcessId, containment: Option<Containment>) {
        self.session.containment = containment.or(self.session.containment);
        if let Phase::Running { shim } = &mut self.phase {
            *shim = Some(started.clone());
        }
    }

    pub(super) fn agent_exited(&mut self, attempt: &FinishedAttempt, at: Timestamp) {
        self.close_permission(at);
        self.session.usage += attempt.usage;
        self.session.spending.add(attempt);
        self.current.promises.clone_from(&attempt.promises);
        self.current.queue_status = None;
        self.note_class(attempt.outcome.class());
        self.note_stall(&attempt.outcome, at);
        self.count_repeats(attempt);
        match &attempt.outcome {
            Outcome::Reported { status } => {
                self.iteration_completed(attempt, status.clone(), at);
                self.note_question(attempt.cursor, status);
            }
            Outcome::Unreported { reason } => {
                self.iteration_completed(attempt, Status::missing(reason), at);
            }
            outcome => self.attempt_failed(outcome, at),
        }
        self.phase = Phase::Exited {
            outcome: attempt.outcome.clone(),
        };
    }

    pub(super) fn cost_doubted(&mut self, doubt: &CostDoubt) {
        self.session.spending.unrecorded = None;
        self.session.spending.doubt = Some(doubt.clone());
    }

    fn note_class(&mut self, class: Option<FailureClass>) {
        if class != Some(FailureClass::Cancelled) {
            self.session.last_class = class;
        }
    }

    fn attempt_failed(&mut self, outcome: &Outcome, at: Timestamp) {
        let Some(policy) = outcome.class().map(policy) else {
            return;
        };
        if let (Then::Rest(waits), Some(class)) = (policy.then, outcome.class()) {
            let agent = self.current.agent.clone();
            self.rest_agent(&agent, (class, waits), outcome, at);
        }
        if policy.costs_attempt {
            self.current.counters.failures += 1;
            self.session.last_error = Some(outcome.to_string());
        }
        if outcome.lacks_memory() {
            self.current.counters.memory_failures += 1;
        }
    }

    fn iteration_completed(&mut self, attempt: &FinishedAttempt, status: Status, at: Timestamp) {
        self.compare_work(attempt.cursor, &status, attempt.tree.as_ref());
        self.count_iteration(attempt.cursor.iteration, status.decision);
        let failed = status.decision == Decision::Error;
        if failed {
            self.note_miss();
        }
        self.session.spending.reached = None;
        self.session.last_error = failed.then(|| status.reason.clone());
        self.session.resting.remove(&self.current.agent);
        self.session.iterations += 1;
        // This agent had them.
        self.session.answers.clear();
        self.forget_said();
        self.current.iteration_started = None;
        self.remember(attempt, status, at);
        self.note_effect(attempt, at);
    }

    /// Remembers what an agent asks until it is asked.
    fn note_question(&mut self, cursor: Cursor, status: &Status) {
        if status.decision == Decision::Ask {
            self.remember_question(AgentQuestion {
                cursor,
                text: status.asks().to_owned(),
                choices: status.choices.clone(),
            });
        }
    }

    /// Adds a question to what an agent asks already.
    pub(super) fn remember_question(&mut self, question: AgentQuestion) {
        match &mut self.current.unasked {
            Some(earlier) if earlier.text.lines().any(|line| line == question.text) => {}
            Some(earlier) => {
                earlier.text = format!("{}\n{}", earlier.text, question.text);
                // What is chosen would answer one of them only.
                earlier.choices.clear();
            }
            none => *none = Some(question),
        }
    }

    fn count_iteration(&mut self, iteration: u32, decision: Decision) {
        let counters = &mut self.current.counters;
        counters.iterations = iteration;
        counters.failures = 0;
        counters.stops = if decision == Decision::Stop {
            counters.stops + 1
        } else {
            0
        };
        match decision {
            Decision::Error => counters.errors += 1,
            Decision::Continue | Decision::Stop | Decision::Ask => {
                counters.succeeded += 1;
                counters.errors = 0;
                counters.parked = 0;
            }
        }
    }

    fn remember(&mut self, attempt: &FinishedAttempt, status: Status, at: Timestamp) {
        let cursor = attempt.cursor;
        let history = &mut self.session.history;
        if history.len() == SessionState::HISTORY {
            history.pop_front();
        }
        history.push_back(IterationRecord {
            node: cursor.node,
            iteration: cursor.iteration,
            attempts: cursor.attempt,
            agent: self.current.agent.clone(),
            at,
            status,
            effect: attempt.effect.as_deref().cloned(),
        });
    }
}
