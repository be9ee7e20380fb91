//! A runner whose journal is text, and which may die after any line of it.
use super::gate::QuotaGate;
use super::ledger::Ledger;
use crate::engine::{Phase, State, StateView, accept, follow};
use crate::model::*;
use crate::plan::Plan;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

#[derive(Default)]
pub(super) struct Runner {
    pub(super) state: State,
    pub(super) gate: QuotaGate,
    journal: Vec<String>,
    ledger: Ledger,
}

impl Runner {
    pub(super) fn record(
        &mut self,
        plan: &Plan,
        event: &Event,
        now: Timestamp,
    ) -> Result<(), TestCaseError> {
        self.ledger.check(plan, &self.state, event, now)?;
        let line = Line {
            v: Line::VERSION,
            seq: self.journal.len() as u64 + 1,
            at: now,
            event: event.clone(),
        };
        self.journal.push(serde_json::to_string(&line).unwrap());
        self.state.apply(event, now);
        prop_assert_eq!(
            self.ledger.completed,
            self.state.session.iterations,
            "a finished iteration got lost"
        );
        Ok(())
    }

    /// Dies and is started again: all it has is the text of the journal.
    fn restart(&mut self, plan: &Plan, now: Timestamp) -> Result<(), TestCaseError> {
        let mut state = State::default();
        for text in &self.journal {
            let line: Line = serde_json::from_str(text).unwrap();
            state.apply(&line.event, line.at);
        }
        prop_assert_eq!(&state, &self.state, "the refolded state differs");
        self.state = state;
        let runner = ProcessId {
            pid: 1,
            start_ticks: 1,
            boot_id: "b".to_owned(),
            host: "h".to_owned(),
            namespace: None,
        };
        let started = Event::RunnerStarted {
            runner,
            version: "1".to_owned(),
            slice: None,
        };
        self.record(plan, &started, now)
    }

    /// Records an input and what follows from it; dies after so many facts.
    pub(super) fn handle(
        &mut self,
        plan: &Plan,
        input: &Input,
        now: &mut Timestamp,
        mut dies_after: usize,
    ) -> Result<(), TestCaseError> {
        self.ledger.hurried = matches!(
            input,
            Input::Request(Request::Continue) | Input::ProbeSucceeded { .. }
        );
        if let Some(event) = self.look_at_gate(plan, *now) {
            self.record(plan, &event, *now)?;
        }
        let mut next =
            accept(plan, &self.state, input, *now).or_else(|| self.consequence(plan, *now));
        while let Some(event) = next {
            self.record(plan, &event, *now)?;
            if dies_after == 0 || self.state.session.parked {
                *now += SignedDuration::from_secs(30);
                self.restart(plan, *now)?;
            }
            dies_after = dies_after.wrapping_sub(1);
            // Whether it just died or not, the next fact is the one that follows from the state.
            next = self.consequence(plan, *now);
        }
        let pending = self.state.pending(plan);
        let runs = matches!(pending, Some(Effect::RunAgent(_)));
        prop_assert!(
            !(runs && self.state.session.stopping.is_some()),
            "an agent continues after a stop"
        );
        let asks = self.state.session.question.as_ref();
        prop_assert!(
            !runs || asks.is_none_or(Question::is_permission),
            "an agent runs while you are asked"
        );
        let quiet = matches!(self.state.phase, Phase::New | Phase::Ended { .. })
            || self.state.is_paused()
            || self.state.is_asking();
        prop_assert!(pending.is_some() || quiet, "stuck: {:?}", self.state);
        Ok(())
    }

    fn consequence(&self, plan: &Plan, now: Timestamp) -> Option<Event> {
        let next = follow(plan, &self.state, now);
        self.gate.ask(plan, &self.state, next, now)
    }

    /// Returns the end of a hold, as a runner that looks at the gate records it.
    fn look_at_gate(&self, plan: &Plan, now: Timestamp) -> Option<Event> {
        let input = self.gate.look(plan, &self.state, now)?;
        accept(plan, &self.state, &input, now)
    }

    /// Checks that `state.json` can be read as what it was written from.
    pub(super) fn check_view(&self, plan: &Plan) -> Result<(), TestCaseError> {
        let view = StateView::new(plan, &self.state);
        let text = serde_json::to_string(&view).unwrap();
        let read: StateView<'_> = serde_json::from_str(&text)
            .map_err(|error| TestCaseError::fail(format!("{error}: {text}")))?;
        prop_assert_eq!(read, view);
        Ok(())
    }
}
