//! A step that runs one prompt.
use super::confirm::{Confirm, OnTrouble};
use super::hook::Hook;
use super::need::Need;
use super::queue_spec::{ClaimBy, QueueSpec};
use crate::agent::AgentSpec;
use crate::model::NodeId;
use crate::termination::Termination;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A prompt that is given to fresh agents until its termination is reached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    pub id: NodeId,
    /// Name of the loop it was made from; empty for an inline prompt.
    pub template: String,
    pub description: String,
    pub agent: AgentSpec,
    /// The prompt's template text.
    pub prompt: String,
    pub termination: Termination,
    pub max_iterations: u32,
    /// Milliseconds between iterations.
    pub delay_ms: u64,
    /// Ask the termination before the first agent.
    pub check_before: bool,
    /// Where tasks come from, if the node has tasks.
    pub queue: Option<QueueSpec>,
    /// The agent that judges whether the node is done, if its termination asks one.
    #[serde(default)]
    pub judge: Option<AgentSpec>,
    /// Template of the path `${OUTPUT_PATH}` names; empty if the loop has none.
    pub output_path: String,
    /// Text for `${CONTEXT}`.
    pub context: String,
    /// What a session that begins with this node must be given; one of these is enough.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Need>,
    /// What it must be given too: one of each list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_needs: Vec<Vec<Need>>,
    /// Texts for `${PERSPECTIVE}`, one for each iteration; empty in those for which there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub perspectives: Vec<String>,
    /// Where it asks you before it continues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm: Option<Confirm>,
    /// What follows when it cannot continue by itself.
    #[serde(default, skip_serializing_if = "OnTrouble::is_fail")]
    pub on_trouble: OnTrouble,
    /// What runs at its events: the loop's hooks, then the node's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<Hook>,
    /// The earlier node whose outputs this one gets, and which of its outputs.
    pub from: Option<NodeInput>,
    /// Outputs of earlier blocks this one gets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from_parallel: Vec<BlockInput>,
    /// Shell commands by name (`test`, `lint`), passed to the agent, never run by the engine.
    pub commands: BTreeMap<String, String>,
}

impl Node {
    /// Returns the text for `${PERSPECTIVE}` in an iteration, counted from 1.
    pub fn perspective(&self, iteration: u32) -> &str {
        let index = iteration
            .checked_sub(1)
            .and_then(|index| usize::try_from(index).ok());
        index
            .and_then(|index| self.perspectives.get(index))
            .map_or("", String::as_str)
    }

    /// Whether the engine claims a task before each of its agents starts.
    pub fn claims(&self) -> bool {
        self.queue
            .as_ref()
            .is_some_and(|queue| queue.claim == ClaimBy::Engine)
    }
}

/// Outputs of an earlier node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeInput {
    pub node: NodeId,
    pub select: Select,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Select {
    /// The last iteration's output.
    #[default]
    Latest,
    /// Every iteration's output.
    All,
}

/// Outputs of a stage of an earlier block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockInput {
    pub block: NodeId,
    pub stage: NodeId,
    pub select: Select,
    /// Names of branches; all of them if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub providers: Vec<NodeId>,
}
