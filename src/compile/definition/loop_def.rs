//! `loop.yaml`, or `stage.yaml` of older versions.
use super::confirm_def::ConfirmDef;
use super::duration::Span;
use super::escalation_def::EscalationDef;
use super::hooks_def::HooksDef;
use super::need_def::NeedDef;
use super::queue_def::QueueDef;
use super::quota_def::QuotaDef;
use super::termination_def::TerminationDef;
#[cfg(feature = "schemas")]
use crate::agent::Provider;
use crate::plan::{Budgets, OnTampering, OnTrouble};
use serde::Deserialize;
use serde_yaml::Value;
use std::collections::BTreeMap;

/// The values of `permissions`.
pub const PERMISSIONS: [&str; 7] = [
    "bypassPermissions",
    "acceptEdits",
    "ask",
    "auto",
    "default",
    "dontAsk",
    "plan",
];

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
    /// How much the model reasons: `low` to `max`, where the program has such a setting.
    #[cfg_attr(feature = "schemas", schemars(extend("examples" = ["low", "medium", "high", "max"])))]
    pub effort: Option<String>,
    /// The agents that take over when one is not served: providers, each optionally with a model.
    pub fallback: Option<Vec<String>>,
    /// When an abler agent takes over from one that fails again and again.
    pub escalation: Option<EscalationDef>,
    /// Claude Code's permission mode.
    #[cfg_attr(feature = "schemas", schemars(extend("examples" = PERMISSIONS)))]
    pub permissions: Option<String>,
    /// Further arguments for the program.
    pub args: Vec<String>,
    /// Tools of Claude Code that agents do not have by default, such as `EnterWorktree`; `*` is all of them.
    pub allow_tools: Vec<String>,
    /// Leave API keys and `CLAUDE*` variables in the agent's environment.
    pub keep_env: Option<bool>,
    /// Turns after which Claude Code ends an attempt; unlimited by default.
    pub max_turns: Option<u32>,
    /// How often a failed attempt is repeated.
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
    /// What a start must be given, one of these: `context`, `input`, or a file of the project; and one of each list in it.
    #[cfg_attr(feature = "schemas", schemars(extend("examples" = [["context", "input", "PROMPT.md"]])))]
    pub needs: Vec<NeedDef>,
    /// Commands by name, passed to the agent.
    pub commands: BTreeMap<String, String>,
    /// Where tasks come from.
    pub queue: Option<QueueDef>,
    /// Where you are asked before it continues.
    pub confirm: ConfirmDef,
    /// What runs at its events: when an iteration is over, when it ends, and others.
    pub hooks: HooksDef,
    /// When a gate gives no answer or no task can be claimed: `ask` you, or `fail`, the default.
    pub on_trouble: Option<OnTrouble>,
    /// Bounds of the whole session.
    pub guardrails: GuardrailsDef,
    /// Less of the provider's quota than your `config.yaml` allows.
    pub quota: QuotaDef,
    /// Known from older versions; has no effect.
    #[cfg_attr(feature = "schemas", schemars(with = "Option<serde_json::Value>", extend("deprecated" = true)))]
    pub output_parse: Option<Value>,
    /// Known from older versions; has no effect.
    #[cfg_attr(feature = "schemas", schemars(with = "Option<serde_json::Value>", extend("deprecated" = true)))]
    pub items: Option<Value>,
}

/// Bounds of one attempt; 0 is none.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct LimitsDef {
    /// From start to exit; 2h by default.
    pub wall: Option<Span>,
    /// From start to the first output; 5m by default where the program prints events.
    pub start: Option<Span>,
    /// Without output, growth of the program's transcript or use of the processor; 30m by default.
    pub idle: Option<Span>,
    /// From the call of a tool to its answer; 1h by default. Then the tool is ended, and after as long again the agent.
    pub tool: Option<Span>,
    /// From a tool's answer to the next sign of life; 10m by default.
    pub after_tool: Option<Span>,
    /// From the agent's result to its exit; 30 by default.
    pub after_result: Option<Span>,
    /// From a question that only you can answer, on a terminal that is not there, to the end; 1 by default.
    pub prompt: Option<Span>,
    /// From an agent's request for a permission to its denial, with `permissions: ask`; 10m by default. The other bounds
    /// stand still meanwhile.
    pub permission: Option<Span>,
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
    /// The tokens that all agents together may use: input, output and cache writes; unlimited by default.
    pub max_tokens: Option<u64>,
    /// What all your sessions may spend in a day and a week, if less than your `config.yaml` says.
    pub budgets: Budgets,
    /// Error iterations in a row that end the session.
    pub max_consecutive_errors: Option<u32>,
    /// Iterations in a row that change nothing and end the session.
    pub max_idle_iterations: Option<u32>,
    /// How long a session waits in which attempts end only by outages of the provider.
    pub max_outage: Option<Span>,
    /// How long a session waits in which nothing works, and nothing says until when.
    pub max_wait: Option<Span>,
    /// Failures of the same kind in a row that end the session.
    pub max_same_failures: Option<u32>,
    /// Agents that may run at a time, in the branches of parallel blocks.
    pub max_agents: Option<u32>,
    /// When an agent changes a plan, a gate's file or the files of another session: `note` it, `hold` the session until
    /// `ap continue`, or `fail` it.
    pub on_tampering: Option<OnTampering>,
}
