//! From YAML as written to a [`Plan`] as run. Gets texts, never opens files.
mod agent;
mod alias;
mod check;
mod code;
mod compile;
mod declared;
pub mod definition;
mod duration;
mod earlier;
mod ending;
mod former;
mod inputs;
mod locate;
mod nested;
mod node;
mod overrides;
mod parallel;
mod perspectives;
mod place;
mod problem;
mod provider;
mod queue;
mod repeat;
mod schema;
mod settings;
mod sources;
mod spelling;
mod step;
mod steps;
pub mod suggest;
pub mod template;
#[cfg(test)]
mod tests;
mod unreadable;
mod voice;
#[cfg(test)]
mod worlds;
mod yaml;

pub use alias::model_alias;
pub use compile::{compile, fingerprint};
pub use declared::{Declared, Output, PromptDelivery, ProviderDef};
pub use duration::Span;
pub use former::{Former, former};
pub use problem::{Invalid, Problem, Severity, Shown};
pub use provider::Provider;
pub use queue::{
    BACKLOGS, ClaimBy, QueueSource, QueueSpec, TrackerCommands, bad_label, session_label,
};
pub use schema::{SCHEMAS, Schema};
pub use settings::Settings;
pub use sources::{
    LoopSource, Overrides, PipelineSource, Request, Sources, Text, description, loops_used,
    pipelines_used, prompt_candidates,
};
pub use step::{Block, BlockInput, Branch, BranchOf, Earlier, OnFailure, Step};
pub use unreadable::Unreadable;
pub use voice::{Said, Voice};

pub use crate::model::PermissionMode;
use crate::model::{NodeId, RunId, SessionName};
use crate::termination::Termination;
use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `plan.json`: everything a session does, frozen at its start. Nothing is looked up again later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Version of the format.
    pub version: u32,
    pub session: SessionName,
    pub run: RunId,
    /// Name of the loop or pipeline.
    pub name: String,
    pub kind: PlanKind,
    /// The command line that starts it, without flags: `ap work auth 25`. Shown in "how to resume".
    pub command: String,
    /// Where the definition came from, with the text's hash, to tell when it has changed since.
    pub source: Source,
    /// In the order they run; never empty.
    pub nodes: Vec<Step>,
    /// How often all nodes run, in order, one run after the other; at least 1.
    #[serde(default = "repeat::once")]
    pub runs: u32,
    /// Absolute paths given with `--input`.
    pub inputs: Vec<Utf8PathBuf>,
    pub guardrails: Guardrails,
    /// Who said what: flags and the environment over the definitions, and for each node where the rest comes from.
    #[serde(default)]
    pub overrides: Vec<Said>,
    /// Of which parallel block it is a branch, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<BranchOf>,
    /// The folder of the fixture to be made of the session once it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Utf8PathBuf>,
}

impl Plan {
    /// The format this program writes.
    pub const VERSION: u32 = 1;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlanKind {
    Loop,
    Pipeline,
}

impl PlanKind {
    /// Returns the kind's name in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Loop => "loop",
            Self::Pipeline => "pipeline",
        }
    }
}

/// Where a definition was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    pub origin: Origin,
    /// The file, or `builtin:<path>`.
    pub path: String,
    /// FNV-1a of the definition's texts, in hexadecimal.
    pub hash: String,
}

/// In lookup order: the first one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Named by its path.
    File,
    Project,
    User,
    BuiltIn,
}

/// One place in the plan: a prompt that is given to fresh agents until its termination says stop.
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
    /// Who judges whether the node is done, if its termination asks a judge.
    #[serde(default)]
    pub judge: Option<AgentSpec>,
    /// Template of the path `${OUTPUT_PATH}` names; empty if the loop has none.
    pub output_path: String,
    /// Text for `${CONTEXT}`.
    pub context: String,
    /// Texts for `${PERSPECTIVE}`, one for each iteration; empty in those for which there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub perspectives: Vec<String>,
    /// The earlier node whose outputs this one gets, and which of them.
    pub from: Option<NodeInput>,
    /// Outputs of earlier blocks this one gets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from_parallel: Vec<BlockInput>,
    /// Shell commands by name (`test`, `lint`), told to the agent, never run by the engine.
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

    /// Whether the engine takes a task before each of its agents starts.
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

/// How a node's agents are called and bounded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentSpec {
    pub provider: Provider,
    /// The program, or a path to it; looked up on PATH when the session runs.
    pub program: String,
    /// The model as the provider knows it, aliases resolved; empty where the provider has none.
    pub model: String,
    pub permissions: PermissionMode,
    /// Further arguments for the program, in order.
    pub args: Vec<String>,
    /// Keep API keys and nested `CLAUDE*` variables in the agent's environment.
    pub keep_env: bool,
    /// Attempts an iteration may take before the session fails; at least 1.
    pub max_attempts: u32,
    /// Milliseconds to wait after the first failed attempt; doubles with each, up to 5 minutes.
    pub retry_delay_ms: u64,
    pub limits: AttemptLimits,
    /// How the program is called, where the user's settings declare the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<Declared>,
    /// Who makes the next attempt when this one is out of quota, in order; these have none of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallback: Vec<Self>,
}

impl AgentSpec {
    /// Returns this agent and those it falls back to.
    pub fn chain(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.fallback)
    }

    /// Returns what people call the agent by: `codex:gpt-5.2-codex:xhigh`, as in `fallback`.
    pub fn label(&self) -> String {
        if self.model.is_empty() {
            self.provider_name().to_owned()
        } else {
            format!("{}:{}", self.provider_name(), self.model)
        }
    }

    /// Returns the name definitions use for the provider.
    pub fn provider_name(&self) -> &str {
        self.declared
            .as_ref()
            .map_or(self.provider.name(), |declared| &declared.name)
    }

    /// Returns why the agent cannot be held to a permission mode, if it cannot.
    pub fn refuses(&self, mode: PermissionMode) -> Option<&'static str> {
        match &self.declared {
            Some(declared)
                if mode != PermissionMode::BypassPermissions
                    && !declared.permissions.contains_key(&mode) =>
            {
                Some(
                    "its declaration in config.yaml says nothing for this mode under `permissions`",
                )
            }
            Some(_) => None,
            None => self.provider.refuses(mode),
        }
    }
}

/// Bounds of one attempt, in seconds; 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptLimits {
    /// From start to exit.
    pub wall_s: u64,
    /// Without any output.
    pub idle_s: u64,
    /// From the agent's result to its exit.
    pub after_result_s: u64,
}

impl Default for AttemptLimits {
    fn default() -> Self {
        Self {
            wall_s: 2 * 3600,
            idle_s: 30 * 60,
            after_result_s: 30,
        }
    }
}

/// Bounds of the whole session; 0 is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Guardrails {
    pub max_runtime_seconds: u64,
    pub max_cost_usd: f64,
    /// Error iterations in a row that end the session.
    pub max_consecutive_errors: u32,
    /// Iterations in a row that change nothing and end the session.
    #[serde(default)]
    pub max_idle_iterations: u32,
    /// Whether somebody said so: then it also bounds nodes that run as often as they say.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub idle_is_said: bool,
    /// Agents that may run at a time, in the branches of parallel blocks.
    #[serde(default)]
    pub max_agents: u32,
}
