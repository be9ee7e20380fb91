//! Which agent makes the next attempt: the first of the node's chain that does not rest.
use super::policy::{jittered, jittered_reset, rest, scaled};
use super::state::{Phase, Rest, Stall, State};
use crate::agent::AgentSpec;
use crate::model::{Event, FailureClass, Outcome, QuotaDecision, WaitReason};
use crate::plan::{Node, Plan};
use jiff::Timestamp;
use std::borrow::Cow;

impl State {
    /// Records that the provider does not serve an agent. Without a told reset it rests longer each time.
    pub(super) fn rest_agent(
        &mut self,
        agent: &str,
        (class, waits): (FailureClass, &[i64]),
        outcome: &Outcome,
        at: Timestamp,
    ) {
        let known = self.session.resting.get(agent);
        let in_a_row = known
            .filter(|rest| rest.class == class)
            .map_or(1, |rest| rest.in_a_row.saturating_add(1));
        let reset = outcome.reset().filter(|until| at < *until);
        let wait = match reset {
            Some(until) => jittered_reset(until.duration_since(at), self),
            None => jittered(rest(waits, in_a_row), self),
        };
        let rest = Rest {
            class,
            reason: outcome.reason().to_owned(),
            since: at,
            until: at.checked_add(wait).unwrap_or(Timestamp::MAX),
            is_told: reset.is_some(),
            by_policy: false,
            in_a_row,
        };
        self.session.resting.insert(agent.to_owned(), rest);
    }

    /// Records what the user's policy for the quota decided of an agent.
    pub(super) fn quota_read(&mut self, agent: &str, decision: &QuotaDecision, at: Timestamp) {
        let is_free = *decision == QuotaDecision::Go;
        let read = (self.current.next_attempt(), agent.to_owned());
        self.current.quota_read = is_free.then_some(read);
        let resting = &mut self.session.resting;
        match decision {
            QuotaDecision::Hold { until, reason } => {
                let known = resting.get(agent).map_or(0, |rest| rest.in_a_row);
                let rest = Rest {
                    class: FailureClass::Limit,
                    reason: reason.clone(),
                    since: at,
                    until: *until,
                    is_told: true,
                    by_policy: true,
                    in_a_row: known,
                };
                resting.insert(agent.to_owned(), rest);
            }
            QuotaDecision::Go => {
                if resting.get(agent).is_some_and(|rest| rest.by_policy) {
                    resting.remove(agent);
                }
                if let Phase::Waiting {
                    reason: WaitReason::Quota { .. },
                    ..
                } = self.phase
                {
                    self.phase = Phase::Ready;
                    self.current.queue_status = None;
                }
            }
        }
    }

    /// Whether the user's policy for the quota holds an agent at this moment.
    pub fn is_held_by_quota(&self, agent: &str, now: Timestamp) -> bool {
        let rest = self.session.resting.get(agent);
        rest.is_some_and(|rest| rest.by_policy && now < rest.until)
    }

    /// Whether the next attempt of an agent has a reading of the quota by this policy that allows it.
    pub fn has_read_quota(&self, agent: &str, policy: &str) -> bool {
        let read = self.current.quota_read.as_ref();
        policy == self.session.quota_policy
            && read.is_some_and(|(cursor, label)| {
                label == agent && *cursor == self.current.next_attempt()
            })
    }

    /// Returns the agent that would make an attempt, by its index in the chain and its label, if an attempt or the claim
    /// of its task is what follows.
    pub fn attempting_agent(
        &self,
        plan: &Plan,
        next: Option<&Event>,
        now: Timestamp,
    ) -> Option<(u32, String)> {
        match next {
            Some(Event::IterationStarted {
                fallback, agent, ..
            }) => Some((*fallback, agent.clone())),
            None if self.awaits_claim(plan) => Some(self.next_agent(plan, self.node(plan)?, now)),
            Some(_) | None => None,
        }
    }

    /// Returns the agents of the current node that the user's policy for the quota holds: index in the chain and label.
    pub fn held_agents(&self, plan: &Plan, now: Timestamp) -> Vec<(u32, String)> {
        let Some(node) = self.node(plan) else {
            return Vec::new();
        };
        self.rungs(node)
            .filter(|(_, label)| self.is_held_by_quota(label, now))
            .collect()
    }

    /// Ends the rest of all agents, or of those of one class. How often they failed still counts.
    pub(super) fn end_rests(&mut self, class: Option<FailureClass>, at: Timestamp) {
        for rest in self.session.resting.values_mut() {
            if class.is_none_or(|class| class == rest.class) {
                rest.until = rest.until.min(at);
            }
        }
    }

    /// Records whether attempts still end only by failures that a wait may cure.
    pub(super) fn note_stall(&mut self, outcome: &Outcome, at: Timestamp) {
        let is_outage = match outcome.class() {
            Some(FailureClass::Outage) => true,
            Some(FailureClass::Throttle | FailureClass::Environment) => false,
            Some(FailureClass::Limit) if outcome.reset().is_none() => false,
            Some(FailureClass::Cancelled) => return,
            Some(_) | None => {
                self.session.stall = None;
                return;
            }
        };
        let stall = self.session.stall.get_or_insert(Stall {
            since: at,
            only_outages: true,
        });
        stall.only_outages &= is_outage;
    }

    /// Returns the agent that makes the node's next attempt: its index in the chain and its label.
    pub(super) fn next_agent(&self, plan: &Plan, node: &Node, now: Timestamp) -> (u32, String) {
        let mut rungs = self.rungs(node);
        let free = self.first_available(plan, node, now);
        free.or_else(|| rungs.next()).unwrap_or_default()
    }

    /// Returns the first agent of the chain that does not rest: its index and its label.
    pub(super) fn first_available(
        &self,
        plan: &Plan,
        node: &Node,
        now: Timestamp,
    ) -> Option<(u32, String)> {
        self.rungs(node).find(|(_, label)| {
            let rest = self.session.resting.get(label);
            rest.is_none_or(|rest| rest.until(plan) <= now)
        })
    }

    /// Returns the rest of the chain that ends first.
    pub(super) fn first_rest(&self, plan: &Plan, node: &Node) -> Option<&Rest> {
        let resting = &self.session.resting;
        self.rungs(node)
            .filter_map(|(_, label)| resting.get(&label))
            .min_by_key(|rest| rest.until(plan))
    }

    /// Returns the agents that may make the next attempt, in the order in which they are tried, by index in the chain and label:
    /// the abler one first if it has taken over, and otherwise not at all.
    fn rungs<'a>(&'a self, node: &'a Node) -> impl Iterator<Item = (u32, String)> + 'a {
        let abler = node.agent.escalation.as_ref().map(|_| {
            let index = u32::try_from(node.agent.fallback.len()).unwrap_or(u32::MAX - 1);
            index + 1
        });
        let first = abler.filter(|_| self.is_escalated(node));
        let usual = (0..).take(node.agent.fallback.len() + 1);
        let label = |index| (index, self.agent_at(node, index).label());
        first.into_iter().chain(usual).map(label)
    }

    /// Whether the abler agent of a node has taken over.
    pub fn is_escalated(&self, node: &Node) -> bool {
        let counters = &self.current.counters;
        node.agent.escalation.as_ref().is_some_and(|escalation| {
            let misses = match escalation.returns {
                true => counters.misses,
                false => counters.most_misses,
            };
            escalation.after <= misses
        })
    }

    /// Returns the agent at an index of the node's chain; the first has the model given on resume, if any.
    pub fn agent_at<'n>(&self, node: &'n Node, index: u32) -> Cow<'n, AgentSpec> {
        let found = node
            .agent
            .chain()
            .nth(index as usize)
            .unwrap_or(&node.agent);
        match &self.session.change.model {
            Some(model) if std::ptr::eq(found, &node.agent) => Cow::Owned(AgentSpec {
                model: found.adapter().resolve_model(model).into_owned(),
                ..found.clone()
            }),
            Some(_) | None => Cow::Borrowed(found),
        }
    }
}

impl Rest {
    /// Returns when it is worth trying the agent again.
    pub fn until(&self, plan: &Plan) -> Timestamp {
        if self.is_told {
            return self.until;
        }
        let wait = scaled(self.until.duration_since(self.since), plan);
        self.since.checked_add(wait).unwrap_or(self.until)
    }
}
