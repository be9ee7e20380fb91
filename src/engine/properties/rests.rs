//! Which agents rest, kept apart from the engine's own state: it determines which one is next.
use crate::agent::AgentSpec;
use crate::engine::policy::{Then, jittered, jittered_reset, policy, rest};
use crate::engine::{Phase, State};
use crate::model::*;
use crate::plan::Plan;
use jiff::Timestamp;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// When an agent may be tried again, and why.
#[derive(Clone, Copy)]
struct Rest {
    class: FailureClass,
    until: Timestamp,
    in_a_row: u32,
    /// Whether the policy for the quota holds it.
    by_policy: bool,
}

#[derive(Default)]
pub(super) struct Rests {
    /// By the agent's label.
    rests: BTreeMap<String, Rest>,
    /// The agent at work.
    agent: String,
    /// The judge that was not served.
    judge: Option<String>,
    /// Since when nothing but outages and the like happened, and whether only outages did.
    stall: Option<(Timestamp, bool)>,
    /// What is waited for, if it is the end of a rest.
    waiting: Option<(Option<FailureClass>, Timestamp)>,
    /// Iterations in a row that an abler agent might have done well, and the last one that was counted.
    misses: (u32, u32),
}

impl Rests {
    fn is_out(&self, agent: &str, now: Timestamp) -> bool {
        self.rests.get(agent).is_some_and(|rest| now < rest.until)
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
        let order = self.order(&node.agent);
        self.count_misses(state, event);
        match event {
            Event::IterationStarted {
                fallback, agent, ..
            } => {
                let named = chain[*fallback as usize].label();
                prop_assert_eq!(&named, agent, "the journal names another agent");
                let first = order
                    .iter()
                    .copied()
                    .find(|index| !self.is_out(&chain[*index].label(), now));
                let chosen = Some(*fallback as usize);
                prop_assert_eq!(first, chosen, "not the first agent that can be tried");
                let is_read = state.session.ignores_quota || state.has_read_quota(agent, "");
                prop_assert!(is_read, "begun without a recorded reading of the quota");
                self.agent.clone_from(agent);
            }
            Event::AgentExited(attempt) => {
                let agent = self.agent.clone();
                self.failed(state, &agent, &attempt.outcome, now);
            }
            Event::GateAnswered { verdict, .. } => self.gate_answered(state, verdict, now),
            Event::WaitStarted { reason, until } => {
                let judge = self.judge.as_deref();
                let judge = judge.filter(|_| state.awaits_gate(plan).is_some());
                let resting = match judge {
                    Some(judge) => vec![judge.to_owned()],
                    None => order.iter().map(|index| chain[*index].label()).collect(),
                };
                self.wait_started(plan, &resting, reason, *until, now)?;
            }
            Event::WaitEnded => {
                if let Phase::Waiting {
                    reason: WaitReason::Environment { .. },
                    ..
                } = state.phase
                {
                    self.judge = None;
                }
                self.wait_ended(now);
            }
            Event::QuotaRead {
                agent, decision, ..
            } => self.quota_read(state, agent, decision, now)?,
            Event::RunnerStarted { .. } => self.runner_started(state, now),
            Event::SessionResumed { .. } if matches!(state.phase, Phase::Ended { .. }) => {
                self.rests.clear();
                self.stall = None;
                self.judge = None;
            }
            Event::SessionFinished { ending } => {
                self.waiting = None;
                self.finished(plan, ending, now)?;
            }
            _ => (),
        }
        Ok(())
    }

    /// Returns the indexes in the chain in the order in which the agents are tried.
    fn order(&self, agent: &AgentSpec) -> Vec<usize> {
        let usual = 0..=agent.fallback.len();
        match &agent.escalation {
            Some(escalation) if escalation.after <= self.misses.0 => {
                std::iter::once(usual.end() + 1).chain(usual).collect()
            }
            Some(_) | None => usual.collect(),
        }
    }

    /// Counts an iteration once, by its agent or by its check; a check that passes ends the row.
    fn count_misses(&mut self, state: &State, event: &Event) {
        let (misses, last) = self.misses;
        let miss = |iteration| (misses + u32::from(iteration != last), iteration);
        let cursor = state.current.cursor;
        self.misses = match event {
            Event::AgentExited(attempt) => match &attempt.outcome {
                Outcome::Unreported { .. } => miss(cursor.iteration),
                Outcome::Reported { status } if status.decision == Decision::Error => {
                    miss(cursor.iteration)
                }
                _ => return,
            },
            Event::GateAnswered { verdict, .. } => match verdict {
                GateVerdict::Stop { .. } => (0, last),
                GateVerdict::Continue { .. } => miss(cursor.iteration),
                _ => return,
            },
            Event::NodeFinished { .. } => (0, 0),
            _ => return,
        };
    }

    fn gate_answered(&mut self, state: &State, verdict: &GateVerdict, now: Timestamp) {
        if let GateVerdict::Unavailable { agent, outcome } = verdict {
            self.failed(state, agent, outcome, now);
            self.judge = Some(agent.clone());
        } else if let Some(judge) = self.judge.take() {
            self.rests.remove(&judge);
            self.stall = None;
        }
    }

    fn failed(&mut self, state: &State, agent: &str, outcome: &Outcome, now: Timestamp) {
        let class = outcome.class();
        match class {
            Some(FailureClass::Cancelled) => (),
            Some(FailureClass::Limit) if outcome.reset().is_some() => self.stall = None,
            Some(class) if policy(class).bound.is_some() => {
                let (since, only) = self.stall.unwrap_or((now, true));
                self.stall = Some((since, only && class == FailureClass::Outage));
            }
            _ => self.stall = None,
        }
        if outcome.ends_iteration() {
            self.rests.remove(agent);
        }
        let Some(class) = class else { return };
        let Then::Rest(waits) = policy(class).then else {
            return;
        };
        let known = self.rests.get(agent);
        let in_a_row = known
            .filter(|rest| rest.class == class)
            .map_or(1, |rest| rest.in_a_row + 1);
        let told = outcome.reset().filter(|until| now < *until);
        let wait = match told {
            Some(until) => jittered_reset(until.duration_since(now), state),
            None => jittered(rest(waits, in_a_row), state),
        };
        let rest = Rest {
            class,
            until: now + wait,
            in_a_row,
            by_policy: false,
        };
        self.rests.insert(agent.to_owned(), rest);
    }

    fn quota_read(
        &mut self,
        state: &State,
        agent: &str,
        decision: &QuotaDecision,
        now: Timestamp,
    ) -> Result<(), TestCaseError> {
        let known = self.rests.get(agent).copied();
        let rests = known.is_some_and(|rest| now < rest.until);
        match decision {
            QuotaDecision::Hold { until, .. } => {
                prop_assert!(!rests, "held although it rests");
                let rest = Rest {
                    class: FailureClass::Limit,
                    until: *until,
                    in_a_row: known.map_or(0, |rest| rest.in_a_row),
                    by_policy: true,
                };
                self.rests.insert(agent.to_owned(), rest);
            }
            QuotaDecision::Go => {
                let is_held = known.is_some_and(|rest| rest.by_policy);
                prop_assert!(
                    is_held || !rests,
                    "freed although its provider does not serve it"
                );
                if is_held {
                    self.rests.remove(agent);
                }
                if super::world::is_hold(state) {
                    self.waiting = None;
                }
            }
        }
        Ok(())
    }

    fn wait_started(
        &mut self,
        plan: &Plan,
        resting: &[String],
        reason: &WaitReason,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<(), TestCaseError> {
        let class = match reason {
            WaitReason::RateLimit { .. }
            | WaitReason::Throttle { .. }
            | WaitReason::Quota { .. } => None,
            WaitReason::Outage { .. } => Some(FailureClass::Outage),
            _ => return Ok(()),
        };
        let all_rest = resting.iter().all(|agent| self.is_out(agent, now));
        prop_assert!(all_rest, "waited although an agent can be tried");
        let ends = resting.iter().map(|agent| self.rests[agent].until);
        let soonest = ends.min().unwrap();
        let end = self.end(plan).filter(|_| reason.gives_up_at().is_some());
        prop_assert_eq!(
            soonest.min(end.unwrap_or(soonest)),
            until,
            "waits for another than the first to come back"
        );
        self.waiting = Some((class, until));
        Ok(())
    }

    /// The user or a probe ended the wait early: agents are tried again.
    fn wait_ended(&mut self, now: Timestamp) {
        let Some((class, until)) = self.waiting.take() else {
            return;
        };
        let ended = |rest: &&mut Rest| class.is_none_or(|class| class == rest.class);
        if now < until {
            for rest in self.rests.values_mut().filter(ended) {
                rest.until = now.min(rest.until);
            }
        }
    }

    /// The time without a runner does not count.
    fn runner_started(&mut self, state: &State, now: Timestamp) {
        let gone = state.session.runner.as_ref().and(state.session.updated_at);
        if let (Some((since, _)), Some(gone)) = (&mut self.stall, gone) {
            *since += now.duration_since(gone);
        }
    }

    /// Returns when the session may give up.
    fn end(&self, plan: &Plan) -> Option<Timestamp> {
        let (since, only_outages) = self.stall?;
        let seconds = if only_outages {
            plan.guardrails.max_outage_s
        } else {
            plan.guardrails.max_wait_s
        };
        Some(since + jiff::SignedDuration::from_secs(seconds as i64))
    }

    fn finished(&self, plan: &Plan, ending: &Ending, now: Timestamp) -> Result<(), TestCaseError> {
        if let Ending::LimitReached {
            limit: Limit::Outage { .. } | Limit::Wait { .. },
        } = ending
        {
            let is_over = self.end(plan).is_some_and(|end| end <= now);
            prop_assert!(is_over, "gave up waiting too early");
        }
        Ok(())
    }
}
