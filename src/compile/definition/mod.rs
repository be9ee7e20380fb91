//! Loops and pipelines as written. Every key is optional here, so that `check` and `compile` can say what is missing, and where.
pub(super) mod duration;
mod parallel;
mod shape;

pub use parallel::{
    BranchDef, BranchesDef, FromBlockDef, FromParallelDef, FullBranchDef, ParallelDef, ParallelKey,
    RunsDef,
};

pub use duration::Span;

#[cfg(feature = "schemas")]
use super::{agent, queue, termination};
#[cfg(feature = "schemas")]
use crate::agent::Provider;
use serde::Deserialize;
use serde_yaml::Value;
use std::collections::BTreeMap;

/// `loop.yaml` or `stage.yaml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct LoopDef {
    /// Should be the folder's name.
    pub name: Option<String>,
    /// One line for lists.
    pub description: Option<String>,
    /// When to stop.
    pub termination: Option<TerminationDef>,
    /// Old form of `termination.type`.
    #[cfg_attr(feature = "schemas", schemars(extend("deprecated" = true, "examples" = ["plateau", "beads-empty", "fixed-n"])))]
    pub completion: Option<String>,
    /// Old form of `termination.min_iterations`.
    #[cfg_attr(feature = "schemas", schemars(extend("deprecated" = true)))]
    pub min_iterations: Option<u32>,
    /// Short form of `termination.iterations`.
    pub iterations: Option<u32>,
    /// Short form of `termination.max`.
    pub max: Option<u32>,
    /// The kind of agent.
    #[cfg_attr(feature = "schemas", schemars(extend("examples" = Provider::names())))]
    pub provider: Option<String>,
    /// The agent's program, if not the provider's own.
    pub program: Option<String>,
    /// The model.
    #[cfg_attr(feature = "schemas", schemars(extend("examples" = ["opus", "sonnet", "haiku"])))]
    pub model: Option<String>,
    /// Who makes the next attempt when an agent is out of quota: providers, each with a model if need be.
    pub fallback: Option<Vec<String>>,
    /// Claude Code's permission mode.
    #[cfg_attr(feature = "schemas", schemars(extend("examples" = agent::PERMISSIONS)))]
    pub permissions: Option<String>,
    /// Further arguments for the program.
    pub args: Vec<String>,
    /// Leave API keys and `CLAUDE*` variables in the agent's environment.
    pub keep_env: Option<bool>,
    /// How often a crashed attempt is repeated.
    pub retries: Option<u32>,
    /// Wait before the first repetition; it doubles with each.
    pub retry_delay: Option<Span>,
    /// Bounds of one attempt.
    pub limits: LimitsDef,
    /// Pause between iterations.
    pub delay: Option<Span>,
    /// Ask the termination before the first agent.
    pub check_before: Option<bool>,
    /// Name of the prompt file.
    pub prompt: Option<String>,
    /// Where the loop's product goes; may hold variables.
    pub output_path: Option<String>,
    /// Text for `${CONTEXT}`.
    pub context: Option<String>,
    /// Commands by name, for the agent to know.
    pub commands: BTreeMap<String, String>,
    /// Where tasks come from.
    pub queue: Option<QueueDef>,
    /// Bounds of the whole session.
    pub guardrails: GuardrailsDef,
    /// Known from older versions; has no effect.
    #[cfg_attr(feature = "schemas", schemars(with = "Option<serde_json::Value>", extend("deprecated" = true)))]
    pub output_parse: Option<Value>,
    /// Known from older versions; has no effect.
    #[cfg_attr(feature = "schemas", schemars(with = "Option<serde_json::Value>", extend("deprecated" = true)))]
    pub items: Option<Value>,
}

/// When a node ends. Flat, so that a wrong value is found at its own place.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct TerminationDef {
    /// `fixed`, `judgment`, `queue`, `verify`, `command`, `promise` or `judge`.
    #[cfg_attr(feature = "schemas", schemars(extend("examples" = termination::KINDS)))]
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Judgment, judge: it does not end before this iteration.
    pub min_iterations: Option<u32>,
    /// Judgment: how many agents in a row must say stop.
    pub consensus: Option<u32>,
    /// Fixed: how many.
    pub iterations: Option<u32>,
    /// At most this many iterations.
    pub max: Option<u32>,
    /// Queue: what it means that there is not one task, open or closed: `fail` unless said otherwise, or `done`.
    #[cfg_attr(feature = "schemas", schemars(extend("enum" = ["fail", "done", null])))]
    pub empty: Option<String>,
    /// Promise: the text in `<promise>…</promise>`.
    pub text: Option<String>,
    /// Verify, command: a program with its arguments, or a line for `sh`.
    pub command: Option<CommandDef>,
    /// Verify, command: how long it may take.
    pub timeout: Option<Span>,
    /// Judge, or judgment with a judge: who judges.
    pub judge: Option<JudgeDef>,
    /// Judge: when the work is done, in words.
    pub criteria: Option<String>,
    /// Judge: from 0 to 1, below which a stop does not count.
    pub confidence: Option<f64>,
    /// Done when one of these is.
    pub any: Option<Vec<Self>>,
    /// Done when all of these are.
    pub all: Option<Vec<Self>>,
}

impl TerminationDef {
    /// Whether it, or one of its parts, names who judges.
    pub fn names_judge(&self) -> bool {
        let named = self.judge.as_ref().is_some_and(|judge| {
            judge.provider.is_some() || judge.program.is_some() || judge.model.is_some()
        });
        named
            || self
                .any
                .iter()
                .chain(&self.all)
                .flatten()
                .any(Self::names_judge)
    }
}

/// Who judges: an agent that does no work itself.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct JudgeDef {
    /// The kind of agent.
    pub provider: Option<String>,
    /// The agent's program, if not the provider's own.
    pub program: Option<String>,
    /// The model; a cheap one unless said otherwise.
    pub model: Option<String>,
}

/// A command: a list of words, or one line that a shell reads.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(untagged, expecting = "a list of words, or one line for `sh`")]
pub enum CommandDef {
    /// Program and arguments.
    Words(Vec<String>),
    /// A line for `sh -c`.
    Line(String),
}

impl CommandDef {
    /// Returns program and arguments.
    pub fn words(&self) -> Vec<String> {
        match self {
            Self::Words(words) => words.clone(),
            Self::Line(line) if line.trim().is_empty() => Vec::new(),
            Self::Line(line) => ["sh", "-c", line].map(str::to_owned).into(),
        }
    }
}

/// Bounds of one attempt; 0 is none.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct LimitsDef {
    /// From start to exit.
    pub wall: Option<Span>,
    /// Without any output.
    pub idle: Option<Span>,
    /// From the agent's result to its exit.
    pub after_result: Option<Span>,
}

/// Where tasks come from.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct QueueDef {
    /// `beads`, `backlog`, `prd` or `command`.
    #[cfg_attr(feature = "schemas", schemars(extend("examples" = queue::PROVIDERS)))]
    pub provider: Option<String>,
    /// The file of a backlog or prd, relative to the project.
    pub path: Option<String>,
    /// Beads: the program, if it is not `bd`.
    pub program: Option<String>,
    /// Beads: the folder of the database, relative to the project, if it is not the one `bd` finds. Command: what the
    /// tracker keeps its tasks in, for sessions of several projects to take turns; may begin with `~/`.
    pub database: Option<String>,
    /// Beads, command: which tasks are meant; may hold `${SESSION_NAME}`.
    pub label: Option<String>,
    /// Command: what is called.
    pub commands: Option<QueueCommandsDef>,
    /// `agent` or `engine`: who takes a task for an iteration.
    #[cfg_attr(feature = "schemas", schemars(extend("enum" = ["agent", "engine", null])))]
    pub claim: Option<String>,
    /// How long to wait for tasks that others hold.
    pub max_wait: Option<Span>,
    /// Failed attempts after which a task is parked.
    pub max_attempts: Option<u32>,
    /// How long one call of the tracker's program may take.
    pub timeout: Option<Span>,
}

/// The commands of a tracker, each a program with its arguments.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct QueueCommandsDef {
    /// Prints all tasks.
    pub list: Vec<String>,
    /// Takes a task.
    pub claim: Vec<String>,
    /// Gives a task back.
    pub release: Vec<String>,
    /// Closes a task.
    pub close: Vec<String>,
    /// Marks a task as blocked.
    pub park: Vec<String>,
}

/// Bounds of the whole session; 0 is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct GuardrailsDef {
    /// Seconds, or a time like `8h`.
    pub max_runtime_seconds: Option<Span>,
    /// What all agents together may cost.
    pub max_cost_usd: Option<f64>,
    /// Error iterations in a row that end the session.
    pub max_consecutive_errors: Option<u32>,
    /// Iterations in a row that change nothing and end the session.
    pub max_idle_iterations: Option<u32>,
    /// Agents that may run at a time, in the branches of parallel blocks.
    pub max_agents: Option<u32>,
}

/// A pipeline's YAML file.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct PipelineDef {
    /// Should be the file's name without `.yaml`.
    pub name: Option<String>,
    /// One line for lists.
    pub description: Option<String>,
    /// For people; has no effect.
    #[cfg_attr(feature = "schemas", schemars(with = "Option<serde_json::Value>"))]
    pub version: Option<Value>,
    /// What nodes and their loops do not say themselves.
    pub defaults: DefaultsDef,
    /// In the order they run.
    pub nodes: Option<Vec<NodeDef>>,
    /// The same as `nodes`.
    #[cfg_attr(feature = "schemas", schemars(extend("deprecated" = true)))]
    pub stages: Option<Vec<NodeDef>>,
    /// How often all nodes run, one run after the other; 1 if not given.
    pub runs: Option<u32>,
    /// Files every agent is told of, relative to the project.
    pub inputs: Vec<String>,
    /// Commands by name, for every agent to know.
    pub commands: BTreeMap<String, String>,
    /// Bounds of the whole session.
    pub guardrails: GuardrailsDef,
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
    /// Who makes the next attempt when an agent is out of quota.
    pub fallback: Option<Vec<String>>,
    /// Pause between iterations.
    pub delay: Option<Span>,
    /// Text for `${CONTEXT}`.
    pub context: Option<String>,
}

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
    /// The kind of agent.
    #[cfg_attr(feature = "schemas", schemars(extend("examples" = Provider::names())))]
    pub provider: Option<String>,
    /// Who makes the next attempt when an agent is out of quota, over what its loop says.
    pub fallback: Option<Vec<String>>,
    /// One line for people.
    pub description: Option<String>,
    /// When it ends, over what its loop says.
    pub termination: Option<TerminationDef>,
    /// Old form of `termination.type`.
    #[cfg_attr(feature = "schemas", schemars(extend("deprecated" = true, "examples" = ["plateau", "beads-empty", "fixed-n"])))]
    pub completion: Option<String>,
    /// Pause between iterations.
    pub delay: Option<Span>,
    /// Ask the termination before the first agent.
    pub check_before: Option<bool>,
    /// Where the node's product goes, over what its loop says; may hold variables.
    pub output_path: Option<String>,
    /// Texts for `${PERSPECTIVE}`: the first iteration gets the first.
    pub perspectives: Option<Vec<String>>,
    /// What it gets from an earlier node.
    pub inputs: Option<NodeInputsDef>,
    /// Text for `${CONTEXT}`.
    pub context: Option<String>,
    /// Commands by name, over those of the pipeline and the loop.
    pub commands: BTreeMap<String, String>,
    /// Belongs to the pipeline, not to a node.
    #[cfg_attr(feature = "schemas", schemars(with = "Option<serde_json::Value>"))]
    pub guardrails: Option<Value>,
    /// Providers that run the same stages side by side.
    pub parallel: Option<ParallelKey>,
    /// Another pipeline, whose nodes run here; `runs` says how often.
    pub pipeline: Option<String>,
}

impl NodeDef {
    /// Returns the loop's name and the key it is written under.
    pub fn uses(&self) -> Option<(&'static str, &str)> {
        let written = |key, name: &'_ Option<String>| name.is_some().then_some(key);
        let key = written("loop", &self.loop_).or_else(|| written("stage", &self.stage))?;
        self.loop_
            .as_deref()
            .or(self.stage.as_deref())
            .map(|name| (key, name))
    }

    /// Returns the keys it has that say what one agent does, or is given.
    pub fn says_of_one(&self) -> impl Iterator<Item = &'static str> {
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
            ("commands", !self.commands.is_empty()),
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

/// Which outputs of an earlier node a node gets.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NodeInputsDef {
    /// The earlier node.
    pub from: Option<String>,
    /// `latest` or `all`; `history` is another word for `all`.
    #[cfg_attr(feature = "schemas", schemars(extend("enum" = ["latest", "all", "history", null])))]
    pub select: Option<String>,
    /// What it gets from the providers of an earlier block.
    pub from_parallel: Option<FromParallelDef>,
}
