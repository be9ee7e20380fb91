//! One node of a pipeline, and the blocks that hold nodes again.
use super::branch_def::BranchDef;
use super::confirm_def::ConfirmDef;
use super::duration::Span;
use super::hooks_def::HooksDef;
use super::inputs_def::NodeInputsDef;
use super::need_def::NeedDef;
use super::runs_def::RunsDef;
use super::shape::{Shape, of_shape};
use super::termination_def::TerminationDef;
#[cfg(feature = "schemas")]
use crate::agent::Provider;
use crate::plan::OnTrouble;
use serde::{Deserialize, Deserializer};
use serde_yaml::Value;
use std::collections::BTreeMap;

/// One node of a pipeline: a loop by name, a prompt, providers side by side, or another pipeline.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NodeDef {
    /// Its name within the pipeline.
    pub id: Option<String>,
    /// The same as `id`.
    #[cfg_attr(feature = "schemas", schemars(extend("deprecated" = true)))]
    pub name: Option<String>,
    /// The loop it runs.
    #[serde(rename = "loop")]
    pub loop_: Option<String>,
    /// The same as `loop`.
    #[cfg_attr(feature = "schemas", schemars(extend("deprecated" = true)))]
    pub stage: Option<String>,
    /// A prompt of its own, instead of a loop.
    pub prompt: Option<String>,
    /// At most this many iterations; or a termination, as in `termination`.
    pub runs: Option<RunsDef>,
    /// The model.
    #[cfg_attr(feature = "schemas", schemars(extend("examples" = ["opus", "sonnet", "haiku"])))]
    pub model: Option<String>,
    /// How much the model reasons: `low` to `max`, where the program has such a setting.
    #[cfg_attr(feature = "schemas", schemars(extend("examples" = ["low", "medium", "high", "max"])))]
    pub effort: Option<String>,
    /// The kind of agent.
    #[cfg_attr(feature = "schemas", schemars(extend("examples" = Provider::names())))]
    pub provider: Option<String>,
    /// The agents that take over when one is not served; takes precedence over the loop's.
    pub fallback: Option<Vec<String>>,
    /// A description in one line.
    pub description: Option<String>,
    /// When it ends; takes precedence over the loop's.
    pub termination: Option<TerminationDef>,
    /// Old form of `termination.type`.
    #[cfg_attr(feature = "schemas", schemars(extend("deprecated" = true, "examples" = ["plateau", "beads-empty", "fixed-n"])))]
    pub completion: Option<String>,
    /// Pause between iterations.
    pub delay: Option<Span>,
    /// Ask the termination before the first agent.
    pub check_before: Option<bool>,
    /// The path of the node's product, over the loop's; may hold variables.
    pub output_path: Option<String>,
    /// Texts for `${PERSPECTIVE}`: the first iteration gets the first.
    pub perspectives: Option<Vec<String>>,
    /// The outputs of earlier nodes it gets.
    pub inputs: Option<NodeInputsDef>,
    /// Text for `${CONTEXT}`.
    pub context: Option<String>,
    /// What a start must be given if this node comes first, over the loop's: `context`, `input`, or a file.
    pub needs: Vec<NeedDef>,
    /// Commands by name, over those of the pipeline and the loop.
    pub commands: BTreeMap<String, String>,
    /// Where you are asked before it continues.
    pub confirm: ConfirmDef,
    /// What runs at its events, beside the loop's.
    pub hooks: HooksDef,
    /// When a gate gives no answer or no task can be claimed: `ask` you, or `fail`, the default.
    pub on_trouble: Option<OnTrouble>,
    /// Belongs to the pipeline, not to a node.
    #[cfg_attr(feature = "schemas", schemars(with = "Option<serde_json::Value>"))]
    pub guardrails: Option<Value>,
    /// Providers that run the same stages in parallel.
    pub parallel: Option<ParallelKey>,
    /// Another pipeline, whose nodes run here, `runs` times.
    pub pipeline: Option<String>,
}

impl NodeDef {
    /// Returns its name, or nothing.
    pub fn node_name(&self) -> &str {
        self.id
            .as_deref()
            .or(self.name.as_deref())
            .unwrap_or_default()
    }

    /// Returns the loop's name and the key it is written under.
    pub fn uses(&self) -> Option<(&'static str, &str)> {
        let written = |key, name: &'_ Option<String>| name.is_some().then_some(key);
        let key = written("loop", &self.loop_).or_else(|| written("stage", &self.stage))?;
        self.loop_
            .as_deref()
            .or(self.stage.as_deref())
            .map(|name| (key, name))
    }

    /// Returns its keys that are settings of a single agent.
    pub fn keys_of_one_agent(&self) -> impl Iterator<Item = &'static str> {
        let keys = [
            ("loop", self.loop_.is_some()),
            ("stage", self.stage.is_some()),
            ("prompt", self.prompt.is_some()),
            ("runs", self.runs.is_some()),
            ("termination", self.termination.is_some()),
            ("completion", self.completion.is_some()),
            ("provider", self.provider.is_some()),
            ("model", self.model.is_some()),
            ("fallback", self.fallback.is_some()),
            ("delay", self.delay.is_some()),
            ("check_before", self.check_before.is_some()),
            ("output_path", self.output_path.is_some()),
            ("perspectives", self.perspectives.is_some()),
            ("inputs", self.inputs.is_some()),
            ("context", self.context.is_some()),
            ("needs", !self.needs.is_empty()),
            ("commands", !self.commands.is_empty()),
            ("confirm", self.confirm != ConfirmDef::default()),
            ("hooks", self.hooks != HooksDef::default()),
            ("on_trouble", self.on_trouble.is_some()),
        ];
        keys.into_iter()
            .filter(|(_, written)| *written)
            .map(|(key, _)| key)
    }

    /// Returns when it ends, if it says so at length, and the key that is written under.
    pub fn ends(&self) -> Option<(&'static str, &TerminationDef)> {
        let under_runs = || {
            self.runs
                .as_ref()
                .and_then(RunsDef::ending)
                .map(|def| ("runs", def))
        };
        self.termination
            .as_ref()
            .map(|def| ("termination", def))
            .or_else(under_runs)
    }

    /// Returns its iterations at most, if it says so by their number.
    pub fn times(&self) -> Option<u32> {
        self.runs.as_ref().and_then(RunsDef::times)
    }
}

/// `parallel:` of a node.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemas", schemars(untagged))]
pub enum ParallelKey {
    /// Known from older versions; has no effect.
    Hint(bool),
    /// A block.
    Block(ParallelDef),
}

/// Providers that run the same stages in parallel.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ParallelDef {
    /// The providers that run the stages; each is a branch.
    pub providers: Vec<BranchDef>,
    /// The stages that each of them runs, in order.
    pub stages: Option<Vec<NodeDef>>,
    /// The same as `stages`.
    pub nodes: Option<Vec<NodeDef>>,
    /// `fail` or `continue`.
    pub on_failure: Option<String>,
    /// The same as `on_failure`.
    pub failure_mode: Option<String>,
    /// How many branches must succeed for the pipeline to continue.
    pub min_success: Option<u32>,
}

impl ParallelDef {
    /// Returns the stages and the key they are written under.
    pub fn stages(&self) -> (&'static str, &[NodeDef]) {
        match (&self.stages, &self.nodes) {
            (Some(stages), _) => ("stages", stages),
            (None, Some(nodes)) => ("nodes", nodes),
            (None, None) => ("stages", &[]),
        }
    }
}

impl Shape for ParallelKey {
    const EXPECTED: &'static str = "`providers` and `stages`";
    type Map = ParallelDef;

    fn map(def: ParallelDef) -> Self {
        Self::Block(def)
    }

    fn flag(hint: bool) -> Option<Self> {
        Some(Self::Hint(hint))
    }
}

impl<'de> Deserialize<'de> for ParallelKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        of_shape(deserializer)
    }
}
