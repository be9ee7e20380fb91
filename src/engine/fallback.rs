//! Which agent makes the next attempt: the first of the node's chain that is not rate limited.
use super::retry::unknown_reset;
use super::state::{RateLimit, State};
use crate::agent::AgentSpec;
use crate::plan::Node;
use jiff::Timestamp;
use std::borrow::Cow;

impl State {
    /// Records that the current agent is out of quota. Without a reset time it rests longer each time.
    pub(super) fn rate_limited(&mut self, until: Option<Timestamp>, at: Timestamp) {
        let in_a_row = self
            .session
            .rate_limits
            .get(&self.current.agent)
            .map_or(1, |limit| limit.in_a_row.saturating_add(1));
        let until = until
            .filter(|until| at < *until)
            .unwrap_or_else(|| at + unknown_reset(in_a_row));
        self.session
            .rate_limits
            .insert(self.current.agent.clone(), RateLimit { until, in_a_row });
    }

    /// Clears all rate limits; the user ended the wait early. How often they were hit still counts.
    pub(super) fn clear_rate_limits(&mut self, at: Timestamp) {
        for limit in self.session.rate_limits.values_mut() {
            limit.until = limit.until.min(at);
        }
    }

    /// Returns the agent that makes the node's next attempt: its index in the chain and its label.
    pub(super) fn next_agent(&self, node: &Node, now: Timestamp) -> (u32, String) {
        let index = self.first_available(node, now).unwrap_or_default();
        let label = self.labels(node).nth(index).unwrap_or_default();
        (u32::try_from(index).unwrap_or_default(), label)
    }

    /// Returns the index in the chain of the first agent that has quota.
    pub(super) fn first_available(&self, node: &Node, now: Timestamp) -> Option<usize> {
        self.labels(node).position(|label| {
            self.session
                .rate_limits
                .get(&label)
                .is_none_or(|limit| limit.until <= now)
        })
    }

    /// Returns when the first agent of the chain has quota again.
    pub(super) fn next_available_at(&self, node: &Node) -> Option<Timestamp> {
        self.labels(node)
            .filter_map(|label| self.session.rate_limits.get(&label))
            .map(|limit| limit.until)
            .min()
    }

    /// Returns the agent at an index of the node's chain; the first has the model given on resume, if any.
    pub(super) fn agent_at<'n>(&self, node: &'n Node, index: u32) -> Cow<'n, AgentSpec> {
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

    fn labels<'a>(&'a self, node: &'a Node) -> impl Iterator<Item = String> + 'a {
        (0..)
            .zip(node.agent.chain())
            .map(|(index, _)| self.agent_at(node, index).label())
    }
}
