//! Who makes the next attempt: the first agent of the node's chain that is not out of quota.
use super::State;
use super::retry::unknown_reset;
use crate::plan::{AgentSpec, Node};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An agent that is out of quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limited {
    /// When it is worth trying again.
    pub until: Timestamp,
    /// How often in a row it was.
    pub in_a_row: u32,
}

impl State {
    /// Records that the agent at work is out of quota; where it did not say until when, for longer each time.
    pub(super) fn limit(&mut self, until: Option<Timestamp>, at: Timestamp) {
        let in_a_row = self
            .limited
            .get(&self.agent)
            .map_or(1, |limited| limited.in_a_row.saturating_add(1));
        let until = until
            .filter(|until| at < *until)
            .unwrap_or_else(|| at + unknown_reset(in_a_row));
        self.limited
            .insert(self.agent.clone(), Limited { until, in_a_row });
    }

    /// Takes all agents for ready: a person who ends the wait early wants them tried.
    pub(super) fn hurry(&mut self, at: Timestamp) {
        for limited in self.limited.values_mut() {
            limited.until = limited.until.min(at);
        }
    }

    /// Returns the place and the label of the agent that makes the node's next attempt: the first with quota.
    pub(super) fn next_agent(&self, node: &Node, now: Timestamp) -> (u32, String) {
        let free = self.free(node, now).unwrap_or_default();
        let label = self.labels(node).nth(free).unwrap_or_default();
        (u32::try_from(free).unwrap_or_default(), label)
    }

    /// Returns the place in the chain of the first agent that has quota.
    pub(super) fn free(&self, node: &Node, now: Timestamp) -> Option<usize> {
        self.labels(node).position(|label| {
            self.limited
                .get(&label)
                .is_none_or(|limited| limited.until <= now)
        })
    }

    /// Returns when the first agent of the chain has quota again.
    pub(super) fn free_at(&self, node: &Node) -> Option<Timestamp> {
        self.labels(node)
            .filter_map(|label| self.limited.get(&label))
            .map(|limited| limited.until)
            .min()
    }

    /// Returns the agent at a place of the node's chain, with the model a person has chosen since for the first.
    pub(super) fn agent_at<'n>(
        &self,
        node: &'n Node,
        place: u32,
    ) -> std::borrow::Cow<'n, AgentSpec> {
        let found = node
            .agent
            .chain()
            .nth(place as usize)
            .unwrap_or(&node.agent);
        match &self.change.model {
            Some(model) if std::ptr::eq(found, &node.agent) => std::borrow::Cow::Owned(AgentSpec {
                model: model.clone(),
                ..found.clone()
            }),
            Some(_) | None => std::borrow::Cow::Borrowed(found),
        }
    }

    fn labels<'a>(&'a self, node: &'a Node) -> impl Iterator<Item = String> + 'a {
        (0..)
            .zip(node.agent.chain())
            .map(|(place, _)| self.agent_at(node, place).label())
    }
}
