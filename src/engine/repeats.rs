//! Counts failures of the same kind in a row: attempts that fail alike, and gates that say no for the same reason.
use super::policy::policy;
use super::repeat::Repeat;
use super::state::State;
use crate::model::{
    ChangeKind, Decision, FinishedAttempt, GateAnswer, GateVerdict, LastChange, Limit, Outcome,
    QueueStatus,
};
use crate::plan::Plan;
use crate::termination::PARTIAL_PASS;
use crate::text::{count, first_line};
use jiff::Timestamp;

impl State {
    /// Counts a failed attempt or iteration. What costs no attempt neither counts nor interrupts.
    pub(super) fn count_repeats(&mut self, attempt: &FinishedAttempt) {
        let failure = match (&attempt.outcome, attempt.outcome.class()) {
            (Outcome::Reported { status }, _) if status.decision == Decision::Error => {
                Some((None, first_line(status.said())))
            }
            (Outcome::Reported { .. }, _) => None,
            (_, Some(class)) if !policy(class).costs_attempt => return,
            (outcome, class) => Some((class, first_line(&outcome.to_string()))),
        };
        let repeats = &mut self.current.repeats;
        let before = repeats.failure.take();
        repeats.failure = failure.map(|(class, reason)| Repeat::after(before, class, reason));
    }

    /// Counts a gate that says no. Without a reason, nothing shows that two answers are the same; one that passes so far
    /// has not failed.
    pub(super) fn count_gate_repeats(&mut self, gate: &str, verdict: &GateVerdict) {
        let gates = &mut self.current.repeats.gates;
        let before = gates.remove(gate);
        let GateVerdict::Continue { reason } = verdict else {
            return;
        };
        let reason = first_line(reason);
        if !reason.is_empty() && !reason.starts_with(PARTIAL_PASS) {
            gates.insert(gate.to_owned(), Repeat::after(before, None, reason));
        }
    }

    /// Records what the last iteration changed for good.
    pub(super) fn note_change(&mut self, kind: ChangeKind, what: String, at: Timestamp) {
        self.session.last_change = Some(LastChange {
            kind,
            what,
            node: self.current.cursor.node,
            iteration: self.current.latest_iteration(),
            at,
        });
    }

    /// Records the commits and files of an iteration.
    pub(super) fn note_effect(&mut self, attempt: &FinishedAttempt, at: Timestamp) {
        let Some(effect) = &attempt.effect else {
            return;
        };
        match (effect.commits, effect.files) {
            (Some(commits), _) if 0 < commits => {
                self.note_change(ChangeKind::Commit, count(commits, "commit"), at);
            }
            (_, Some(files)) if 0 < files => {
                self.note_change(ChangeKind::File, count(files, "file"), at);
            }
            _ => (),
        }
    }

    /// Records the tasks that were closed since the queue was last checked, after an iteration.
    pub(super) fn note_closed_tasks(&mut self, status: &QueueStatus, at: Timestamp) {
        let (Some(before), Some(left)) = (self.current.tasks_left, status.left()) else {
            return;
        };
        let closed = before.saturating_sub(left);
        if 0 < closed {
            self.note_change(ChangeKind::Task, count(closed, "task") + " closed", at);
            // A gate that says the same again, after more work was done, does not stand still.
            self.current.repeats.gates.clear();
        }
        if let Some(effect) = self.last_effect() {
            let known = effect.tasks_closed.unwrap_or(0);
            effect.tasks_closed = Some(known.saturating_add(closed));
        }
    }

    /// Records a gate's answer with the iteration it is about.
    pub(super) fn note_gate(&mut self, said: &GateAnswer, at: Timestamp) {
        if let GateVerdict::Stop { .. } = said.verdict {
            self.note_change(ChangeKind::Gate, format!("`{}` says done", said.name), at);
        }
        if let Some(effect) = self.last_effect() {
            effect.gate = Some(said.clone());
        }
    }

    /// Returns the effect of the node's last iteration, while no other one has begun.
    fn last_effect(&mut self) -> Option<&mut crate::model::IterationEffect> {
        let cursor = self.current.cursor;
        let last = self.session.history.back_mut()?;
        let is_current = (last.node, last.iteration) == (cursor.node, cursor.iteration);
        is_current.then(|| last.effect.get_or_insert_default())
    }
}

/// Returns the limit that ends a session which fails the same way too many times in a row.
pub(super) fn same_failure(plan: &Plan, state: &State) -> Option<Limit> {
    let max = plan.guardrails.max_same_failures;
    let repeats = &state.current.repeats;
    let reached = |repeat: &&Repeat| 0 < max && max <= repeat.times;
    if let Some(repeat) = repeats.failure.as_ref().filter(reached) {
        return Some(Limit::SameFailure {
            max,
            class: repeat.class,
            gate: None,
            reason: repeat.reason.clone(),
        });
    }
    let (gate, repeat) = repeats.gates.iter().find(|(_, repeat)| reached(repeat))?;
    Some(Limit::SameFailure {
        max,
        class: None,
        gate: Some(gate.clone()),
        reason: repeat.reason.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Event, Usage};

    #[test]
    fn a_closed_task_restarts_the_count_of_a_gate_that_says_the_same() {
        let mut state = State::default();
        let mut times_after = |left: u32| {
            let checked = Event::QueueChecked {
                status: QueueStatus::Work {
                    ready: left,
                    left,
                    next: Vec::new(),
                    held: 0,
                    blocked: 0,
                },
                released: Vec::new(),
                parked: Vec::new(),
            };
            let answered = Event::GateAnswered {
                gate: 0,
                name: "verify".to_owned(),
                verdict: GateVerdict::Continue {
                    reason: "2 tests fail".to_owned(),
                },
                answer: None,
                phases: Vec::new(),
                usage: Usage::default(),
            };
            for event in [checked, answered] {
                state.apply(&event, Timestamp::UNIX_EPOCH);
            }
            state.current.repeats.gates["verify"].times
        };
        assert_eq!([3, 3, 3].map(&mut times_after), [1, 2, 3]);
        assert_eq!([2, 2, 3].map(&mut times_after), [1, 2, 3]);
    }
}
