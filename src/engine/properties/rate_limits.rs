//! Which agents have quota, kept apart from the engine's own state: it determines which one is next.
use crate::agent::{AgentSpec, Provider};
use crate::engine::State;
use crate::model::*;
use crate::plan::Plan;
use jiff::Timestamp;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Agents to fall back to, as many as the models.
pub(super) fn chain(first: &AgentSpec, models: &[&str]) -> Vec<AgentSpec> {
    models
        .iter()
        .map(|model| AgentSpec {
            provider: Provider::COMMAND,
            model: (*model).to_owned(),
            ..first.clone()
        })
        .collect()
}

#[derive(Default)]
pub(super) struct RateLimits {
    /// Until when the agents are out of quota and how often in a row they were, by label.
    limits: BTreeMap<String, (Timestamp, u32)>,
    /// The agent at work.
    agent: String,
    /// Whether quota is being waited for.
    waiting: bool,
}

impl RateLimits {
    fn is_out(&self, agent: &AgentSpec, now: Timestamp) -> bool {
        self.limits
            .get(&agent.label())
            .is_some_and(|(until, _)| now < *until)
    }

    /// Takes a fact before the state does.
    pub(super) fn record(
        &mut self,
        plan: &Plan,
        state: &State,
        event: &Event,
        now: Timestamp,
    ) -> Result<(), TestCaseError> {
        let Some(node) = plan.node(state.current.cursor.node) else {
            return Ok(());
        };
        let chain: Vec<_> = node.agent.chain().collect();
        match event {
            Event::IterationStarted {
                fallback, agent, ..
            } => {
                prop_assert_eq!(
                    &chain[*fallback as usize].label(),
                    agent,
                    "the journal names another agent"
                );
                let first = chain.iter().position(|agent| !self.is_out(agent, now));
                prop_assert_eq!(
                    first,
                    Some(*fallback as usize),
                    "not the first agent with quota"
                );
                self.agent.clone_from(agent);
            }
            Event::AgentExited(FinishedAttempt {
                outcome: Outcome::RateLimited { until, .. },
                ..
            }) => {
                let often = self
                    .limits
                    .get(&self.agent)
                    .map_or(1, |(_, often)| often + 1);
                let until = until
                    .filter(|until| now < *until)
                    .unwrap_or_else(|| now + crate::engine::retry::unknown_reset(often));
                self.limits.insert(self.agent.clone(), (until, often));
            }
            Event::AgentExited(FinishedAttempt {
                outcome: Outcome::Reported { .. } | Outcome::Unreported { .. },
                ..
            }) => {
                self.limits.remove(&self.agent);
            }
            Event::WaitStarted {
                reason: WaitReason::RateLimit { .. },
                until,
            } => {
                prop_assert!(
                    chain.iter().all(|agent| self.is_out(agent, now)),
                    "waited although an agent has quota"
                );
                let soonest = chain
                    .iter()
                    .map(|agent| self.limits[&agent.label()].0)
                    .min();
                prop_assert_eq!(
                    soonest,
                    Some(*until),
                    "waits for another than the first to come back"
                );
                self.waiting = true;
            }
            // The user ended the wait early: all agents are tried.
            Event::WaitEnded if std::mem::take(&mut self.waiting) => {
                self.limits
                    .values_mut()
                    .for_each(|(until, _)| *until = now.min(*until));
            }
            Event::SessionResumed { .. }
                if matches!(state.phase, crate::engine::Phase::Ended { .. }) =>
            {
                self.limits.clear();
            }
            Event::SessionFinished { .. } => self.waiting = false,
            _ => (),
        }
        Ok(())
    }
}
