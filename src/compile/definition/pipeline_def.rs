//! A pipeline's YAML file.
use super::confirm_def::ConfirmDef;
use super::duration::Span;
use super::hooks_def::HooksDef;
use super::loop_def::GuardrailsDef;
use super::node_def::NodeDef;
use super::quota_def::QuotaDef;
#[cfg(feature = "schemas")]
use crate::agent::Provider;
use serde::Deserialize;
use serde_yaml::Value;
use std::collections::BTreeMap;

/// A pipeline's YAML file.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct PipelineDef {
    /// Should be the file's name without `.yaml`.
    pub name: Option<String>,
    /// One line for lists.
    pub description: Option<String>,
    /// For your own use; has no effect.
    #[cfg_attr(feature = "schemas", schemars(with = "Option<serde_json::Value>"))]
    pub version: Option<Value>,
    /// Defaults for nodes and loops that do not set them.
    pub defaults: DefaultsDef,
    /// In the order they run.
    pub nodes: Option<Vec<NodeDef>>,
    /// The same as `nodes`.
    #[cfg_attr(feature = "schemas", schemars(extend("deprecated" = true)))]
    pub stages: Option<Vec<NodeDef>>,
    /// How often all nodes run, one run after the other; 1 if not given.
    pub runs: Option<u32>,
    /// Files that every agent gets as input, relative to the project.
    pub inputs: Vec<String>,
    /// Commands by name, passed to every agent.
    pub commands: BTreeMap<String, String>,
    /// Where you are asked between its stages.
    pub confirm: ConfirmDef,
    /// What runs at the events of the session and of all its nodes.
    pub hooks: HooksDef,
    /// Bounds of the whole session.
    pub guardrails: GuardrailsDef,
    /// Less of the provider's quota than your `config.yaml` allows.
    pub quota: QuotaDef,
}

impl PipelineDef {
    /// Returns the nodes and the key they are written under.
    pub fn nodes(&self) -> (&'static str, &[NodeDef]) {
        match (&self.nodes, &self.stages) {
            (Some(nodes), _) => ("nodes", nodes),
            (None, Some(stages)) => ("stages", stages),
            (None, None) => ("nodes", &[]),
        }
    }
}

/// What a pipeline says for all its nodes.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct DefaultsDef {
    /// The kind of agent.
    #[cfg_attr(feature = "schemas", schemars(extend("examples" = Provider::names())))]
    pub provider: Option<String>,
    /// The model.
    #[cfg_attr(feature = "schemas", schemars(extend("examples" = ["opus", "sonnet", "haiku"])))]
    pub model: Option<String>,
    /// How much the model reasons: `low` to `max`, where the program has such a setting.
    #[cfg_attr(feature = "schemas", schemars(extend("examples" = ["low", "medium", "high", "max"])))]
    pub effort: Option<String>,
    /// The agents that take over when one is not served.
    pub fallback: Option<Vec<String>>,
    /// Pause between iterations.
    pub delay: Option<Span>,
    /// Text for `${CONTEXT}`.
    pub context: Option<String>,
}
