//! What keeps agents from starting because of money, kept apart from the engine's own state.
use crate::engine::{Phase, State};
use crate::model::*;
use jiff::Timestamp;
use proptest::prelude::*;

#[derive(Default)]
pub(super) struct Payment {
    /// Whether a budget of the session is reached, and the iteration that did it is unfinished.
    is_spent: bool,
    /// Until when a budget over all sessions is spent.
    held_until: Option<Timestamp>,
    /// Whether you were asked to accept a key.
    asks: bool,
}

impl Payment {
    /// Takes a fact before the state does.
    pub(super) fn record(
        &mut self,
        state: &State,
        event: &Event,
        now: Timestamp,
    ) -> Result<(), TestCaseError> {
        match event {
            Event::IterationStarted { .. } | Event::BlockStarted { .. } => {
                prop_assert!(!self.is_spent, "started although a budget is spent");
                prop_assert!(!self.asks, "started although you were not asked");
                // A block is no attempt: its branches hold by themselves.
                let is_held = self.held_until.is_some_and(|until| now < until);
                let is_attempt = matches!(event, Event::IterationStarted { .. });
                prop_assert!(!is_held || !is_attempt, "started although it is held");
            }
            Event::BudgetReached { .. } => self.is_spent = true,
            Event::BudgetHeld { until, .. } => self.held_until = Some(*until),
            Event::AccountChanged { .. } => {
                prop_assert!(!self.asks, "asked twice");
                self.asks = true;
            }
            Event::AgentExited(attempt) if attempt.outcome.ends_iteration() => {
                self.is_spent = false;
            }
            Event::QuestionAnswered { answer, .. } => {
                let question = state.session.question.as_ref();
                let is_bill = question.is_some_and(|it| it.subject == Subject::Billing);
                self.asks &= !is_bill || answer.next == Next::Stop;
            }
            Event::WaitEnded => self.held_until = None,
            Event::SessionFinished { ending } => {
                let is_limit = matches!(ending, Ending::LimitReached { .. });
                let was_asked_to = state.session.stopping.is_some();
                prop_assert!(!self.is_spent || is_limit || was_asked_to, "another end");
                self.asks = false;
            }
            Event::SessionResumed { .. } if matches!(state.phase, Phase::Ended { .. }) => {
                *self = Self::default();
            }
            _ => {}
        }
        Ok(())
    }
}
