//! What the journal must show, kept apart from the engine's own state.
use super::hooks::Hooks;
use super::is_in_vain;
use super::payment::Payment;
use super::questions::Questions;
use super::rests::Rests;
use super::talk::Talk;
use super::world::is_hold;
use crate::engine::{Phase, State};
use crate::model::*;
use crate::plan::Plan;
use jiff::Timestamp;
use proptest::prelude::*;
use std::collections::BTreeSet;

type Checked = Result<(), TestCaseError>;

/// Checks each fact before it is applied.
#[derive(Default)]
pub(super) struct Ledger {
    /// Failures in a row.
    streak: u32,
    owes_wait: bool,
    /// Whether the last attempt failed by what a retry does not change.
    refused: bool,
    waiting: Option<Timestamp>,
    agents: u32,
    pub(super) completed: u32,
    errors: u32,
    asked_to_stop: bool,
    /// Whether the user may have ended a wait early.
    pub(super) hurried: bool,
    rests: Rests,
    payment: Payment,
    questions: Questions,
    talk: Talk,
    hooks: Hooks,
    /// The queue's answer since a runner started, the session waited, or an agent ran.
    queue_status: Option<QueueStatus>,
    /// The attempt that the engine has claimed a task for.
    claimed: Option<Cursor>,
    /// Whether an agent may have left a claimed task.
    holding: bool,
    /// The phases of the PRD that are over.
    phases: BTreeSet<String>,
}

/// A fact that is about to be applied.
#[derive(Clone, Copy)]
struct Before<'a> {
    plan: &'a Plan,
    state: &'a State,
    now: Timestamp,
}

impl Before<'_> {
    /// Whether an answer stops the session.
    fn stops(self, event: &Event) -> bool {
        let is_open = self.state.session.question.is_some();
        is_open
            && matches!(event, Event::QuestionAnswered { answer, .. } if answer.next == Next::Stop)
    }
}

impl Ledger {
    pub(super) fn check(
        &mut self,
        plan: &Plan,
        state: &State,
        event: &Event,
        now: Timestamp,
    ) -> Checked {
        let before = Before { plan, state, now };
        self.check_tasks(before, event)?;
        self.rests.record(plan, state, event, now)?;
        self.payment.record(state, event, now)?;
        self.questions.check(state, event)?;
        self.talk.check(state, event)?;
        self.hooks.check(plan, state, event)?;
        match event {
            Event::AgentExited(attempt) => self.agent_exited(before, attempt),
            Event::IterationStarted { cursor, .. } => self.iteration_started(before, *cursor),
            Event::BlockStarted { cursor } => self.block_started(before, *cursor),
            Event::BranchReported { branch, report, .. } => {
                self.branch_reported(before, branch, report)
            }
            Event::WaitStarted { until, .. } => {
                self.waiting = Some(*until);
                Ok(())
            }
            Event::WaitEnded => self.wait_ended(before),
            Event::QuestionAnswered { answer, .. } if answer.permit.is_some() => Ok(()),
            Event::QuestionAnswered { .. } => {
                (self.waiting, self.owes_wait) = (None, false);
                self.asked_to_stop |= before.stops(event);
                Ok(())
            }
            Event::SessionFinished {
                ending: Ending::Failed { error, .. },
            } => self.failed(before, error),
            Event::BlockDraining { .. } => {
                prop_assert!(state.current.drain.is_none(), "drained twice");
                Ok(())
            }
            event => {
                self.follow(before, event);
                Ok(())
            }
        }
    }

    /// No task is claimed twice, and none is left claimed at an end.
    fn check_tasks(&mut self, before: Before<'_>, event: &Event) -> Checked {
        match event {
            Event::QueueChecked { .. } => (self.claimed, self.holding) = (None, false),
            Event::TaskClaimed { cursor, .. } => {
                let is_free = !self.holding && self.agents == 0;
                prop_assert!(is_free, "a second task was claimed");
                (self.claimed, self.holding) = (Some(*cursor), true);
            }
            Event::GateAnswered { verdict, .. } => {
                let is_idle = self.agents == 0 && !self.holding;
                prop_assert!(is_idle, "a gate was asked while an agent works");
                self.refused |= matches!(verdict, GateVerdict::Unavailable { outcome, .. } if matches!(**outcome, Outcome::Refused { .. }));
            }
            Event::PhaseFinished { phase } => {
                let is_new = self.phases.insert(phase.name.clone());
                prop_assert!(is_new, "a phase was over twice");
            }
            Event::IterationStarted { cursor, .. } => {
                let known = before.state.session.unrecorded_phases.is_empty();
                prop_assert!(known, "continued without having recorded a phase");
                let node = before.plan.node(cursor.node).unwrap();
                let asked = node.termination.gates().is_empty()
                    || cursor.iteration == 1
                    || 1 < cursor.attempt
                    || !before.state.current.gates.is_empty();
                prop_assert!(asked, "continued without having asked its gates");
                let has_task = !node.claims() || self.claimed == Some(*cursor);
                prop_assert!(has_task, "an agent without a task");
                self.holding = node.queue.is_some();
            }
            Event::NodeFinished { .. } | Event::SessionFinished { .. } => {
                prop_assert!(!self.holding, "ended with a claimed task");
            }
            Event::WaitStarted {
                reason: WaitReason::Question { .. },
                ..
            } => prop_assert!(!self.holding, "holds a task while you are asked"),
            _ => (),
        }
        Ok(())
    }

    fn agent_exited(&mut self, before: Before<'_>, attempt: &FinishedAttempt) -> Checked {
        self.agents -= 1;
        prop_assert_eq!(attempt.class, attempt.outcome.class(), "another class");
        let decision = match &attempt.outcome {
            Outcome::Crashed { .. } | Outcome::Lost { .. } | Outcome::TimedOut { .. } => {
                self.streak += 1;
                self.owes_wait = true;
                return Ok(());
            }
            // An agent without quota may not start again too early: the rate limits check that.
            Outcome::Environment { .. } => {
                self.owes_wait = true;
                return Ok(());
            }
            Outcome::BudgetExhausted { .. } | Outcome::Refused { .. } => {
                (self.owes_wait, self.refused) = (false, true);
                return Ok(());
            }
            Outcome::RateLimited { .. }
            | Outcome::Throttled { .. }
            | Outcome::Outage { .. }
            | Outcome::Cancelled => {
                self.owes_wait = false;
                return Ok(());
            }
            Outcome::Reported { status } => Some(status.decision),
            Outcome::Unreported { .. } => None,
        };
        let is_error = decision.is_none_or(|decision| decision == Decision::Error);
        self.errors = if is_error { self.errors + 1 } else { 0 };
        (self.streak, self.owes_wait) = (0, false);
        self.completed += 1;
        prop_assert!(
            before.state.current.counters.iterations < attempt.cursor.iteration,
            "an iteration was counted twice"
        );
        Ok(())
    }

    fn wait_ended(&mut self, before: Before<'_>) -> Checked {
        let is_over = self.waiting.is_some_and(|until| until <= before.now);
        prop_assert!(self.hurried || is_over, "woke too early");
        (self.waiting, self.owes_wait) = (None, false);
        Ok(())
    }

    fn failed(&self, before: Before<'_>, error: &str) -> Checked {
        let most = before.plan.node(0).unwrap().agent.max_attempts;
        let may_fail = self.streak == most
            || self.refused
            || error.contains("parallel block")
            || error.contains("gave no answer")
            || error.contains("in a row")
            || error.starts_with("hook")
            || is_in_vain(before.state);
        prop_assert!(may_fail, "gave up early: {error} after {}", self.streak);
        Ok(())
    }

    fn iteration_started(&mut self, before: Before<'_>, cursor: Cursor) -> Checked {
        let Before { plan, state, .. } = before;
        prop_assert_eq!(self.agents, 0, "two agents at once");
        self.agents += 1;
        let most = plan.node(0).unwrap().agent.max_attempts;
        prop_assert!(self.streak < most, "retry budget overrun");
        prop_assert!(!self.refused, "tried again after a refusal");
        prop_assert!(!self.owes_wait, "started again without waiting");
        prop_assert!(self.waiting.is_none(), "started while it had to wait");
        let is_later = state.current.cursor < cursor;
        prop_assert!(is_later, "an attempt was used twice");
        self.check_may_start(before)?;
        let most_errors = plan.guardrails.max_consecutive_errors;
        prop_assert!(self.errors < most_errors, "too many errors in a row");
        if plan.node(cursor.node).unwrap().queue.is_some() {
            let status = self.queue_status.take();
            let ready = matches!(status, Some(QueueStatus::Work { .. }))
                || 1 < cursor.attempt && status.is_some();
            prop_assert!(ready, "started although the queue is {status:?}");
        }
        self.queue_status = None;
        prop_assert_eq!(
            state.current.counters.iterations + 1,
            cursor.iteration,
            "an iteration was skipped or repeated"
        );
        Ok(())
    }

    fn block_started(&self, before: Before<'_>, cursor: Cursor) -> Checked {
        self.check_may_start(before)?;
        let state = before.state;
        let is_new = state.current.cursor < cursor && state.phase == Phase::Ready;
        prop_assert!(is_new, "a block was started twice");
        Ok(())
    }

    fn check_may_start(&self, before: Before<'_>) -> Checked {
        let is_held = before.state.session.pausing || self.asked_to_stop;
        prop_assert!(!is_held, "started although paused or stopped");
        Ok(())
    }

    fn branch_reported(
        &mut self,
        before: Before<'_>,
        branch: &NodeId,
        report: &BranchReport,
    ) -> Checked {
        let known = before.state.current.branches.get(branch);
        let is_new = known.is_none_or(|known| known.ending.is_none() && known.seq < report.seq);
        prop_assert!(is_new, "a report of a branch was counted twice");
        self.completed += report.iterations - known.map_or(0, |known| known.iterations);
        Ok(())
    }

    /// Records a fact that may always come.
    fn follow(&mut self, before: Before<'_>, event: &Event) {
        match event {
            Event::QueueChecked { status, .. } => self.queue_status = Some(status.clone()),
            Event::RunnerStarted { .. } => {
                self.queue_status = None;
                if self.agents == 0 {
                    // The next check of the queue releases what was claimed.
                    self.holding = false;
                }
            }
            Event::QuotaRead {
                decision: QuotaDecision::Go,
                ..
            } if is_hold(before.state) => self.waiting = None,
            Event::StopRequested { .. } => self.asked_to_stop = true,
            Event::SessionResumed { .. } if matches!(before.state.phase, Phase::Ended { .. }) => {
                (self.streak, self.owes_wait, self.waiting, self.errors) = (0, false, None, 0);
                self.refused = false;
            }
            Event::SessionResumed { .. } => self.asked_to_stop = false,
            Event::SessionFinished { .. } => (self.waiting, self.asked_to_stop) = (None, false),
            // The queue may be empty although its last agent failed: nothing is left to wait for or to retry.
            Event::NodeFinished { .. } => {
                (self.streak, self.owes_wait, self.errors, self.queue_status) = (0, false, 0, None);
            }
            _ => (),
        }
    }
}
