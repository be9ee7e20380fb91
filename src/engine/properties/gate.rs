//! The gate before attempts, as a session's driver asks it: a policy for the quota that holds agents for a while.
use super::rolls::Roll;
use crate::engine::{State, accept};
use crate::model::*;
use crate::plan::Plan;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// How long an agent is held.
const HELD_FOR: SignedDuration = SignedDuration::from_mins(10);

/// The agents that may not begin, by their labels, and until when.
#[derive(Default)]
pub(super) struct QuotaGate {
    holds: BTreeMap<String, Timestamp>,
}

impl QuotaGate {
    /// Changes what the quota allows, as rolled: it holds the first agent of the current chain, or all, or none.
    pub(super) fn turn(&mut self, plan: &Plan, state: &State, roll: Roll, now: Timestamp) {
        let held = match roll {
            Roll::HoldsOne => 1,
            Roll::HoldsAll => usize::MAX,
            Roll::Frees => return self.holds.clear(),
            _ => return,
        };
        let chain = state
            .node(plan)
            .into_iter()
            .flat_map(|node| node.agent.chain());
        for agent in chain.take(held) {
            self.holds.insert(agent.label(), now + HELD_FOR);
        }
    }

    /// Returns what follows, or what is recorded before it.
    pub(super) fn ask(
        &self,
        plan: &Plan,
        state: &State,
        next: Option<Event>,
        now: Timestamp,
    ) -> Option<Event> {
        let attempting = state.attempting_agent(plan, next.as_ref(), now);
        let Some((_, label)) = attempting.filter(|_| !state.session.ignores_quota) else {
            return next;
        };
        match self.held_until(&label, now) {
            None if state.has_read_quota(&label, "") => next,
            None => accept(plan, state, &read(label, QuotaDecision::Go), now),
            Some(until) => {
                let reason = "as rolled".to_owned();
                let hold = read(label, QuotaDecision::Hold { until, reason });
                accept(plan, state, &hold, now)
            }
        }
    }

    /// Returns what ends a hold, if something does.
    pub(super) fn look(&self, plan: &Plan, state: &State, now: Timestamp) -> Option<Input> {
        let mut held = state.held_agents(plan, now).into_iter();
        let free = held.find(|(_, label)| self.held_until(label, now).is_none());
        free.map(|(_, label)| read(label, QuotaDecision::Go))
    }

    fn held_until(&self, label: &str, now: Timestamp) -> Option<Timestamp> {
        self.holds.get(label).copied().filter(|until| now < *until)
    }
}

/// Returns a decision about an agent.
pub(super) fn read(agent: String, decision: QuotaDecision) -> Input {
    Input::QuotaRead {
        agent,
        account: serde_json::from_str("\"a\"").unwrap(),
        windows: Vec::new(),
        allowed: BTreeMap::new(),
        policy: String::new(),
        decision,
    }
}
