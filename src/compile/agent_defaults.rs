//! The settings of agents that no layer sets.
use super::definition::{LimitsDef, LoopDef, Span};
use super::settings::CustomProviders;
use crate::agent::{AgentSpec, AttemptLimits, OutputFormat, Provider};
use crate::model::PermissionMode;

/// Attempts after the first one, by default.
const RETRIES: u32 = 2;
/// Milliseconds before the second attempt, by default.
const RETRY_DELAY_MS: u64 = 5000;

/// What applies to every agent of a plan where no layer says otherwise.
#[derive(Clone, Copy)]
pub(super) struct Defaults<'a> {
    /// The providers that the user's settings define.
    pub(super) providers: &'a CustomProviders,
    /// The model that the user's environment names for Claude Code.
    pub(super) model: Option<&'a str>,
}

/// Returns the agent without any settings.
pub(super) fn default_agent(def: &LoopDef) -> AgentSpec {
    AgentSpec {
        provider: Provider::default(),
        program: String::new(),
        model: String::new(),
        permissions: PermissionMode::default(),
        allow_tools: Vec::new(),
        args: Vec::new(),
        keep_env: false,
        max_attempts: def.retries.unwrap_or(RETRIES).saturating_add(1),
        retry_delay_ms: def.retry_delay.map_or(RETRY_DELAY_MS, Span::millis),
        limits: limits(&def.limits),
        max_turns: def.max_turns,
        subagents: String::new(),
        dialogue: None,
        custom: None,
        fallback: Vec::new(),
        escalation: None,
    }
}

/// Whether the definition must name a program, and does not.
pub(super) fn lacks_program(agent: &AgentSpec) -> bool {
    agent.program.is_empty() && !agent.adapter().is_built_in()
}

/// Fills in the program and the model that no layer sets.
pub(super) fn fill(agent: &mut AgentSpec, defaults: Defaults<'_>) {
    if agent.program.is_empty() {
        let custom = agent
            .custom
            .as_ref()
            .and_then(|custom| defaults.providers.get(&custom.name));
        agent.program = custom.map_or_else(
            || agent.provider.adapter().program().to_owned(),
            |def| def.program.clone(),
        );
    }
    let (name, effort) = agent.adapter().split_effort(&agent.model);
    if let Some(model) = defaults.model
        && name.is_empty()
        && agent.adapter().model_variable().is_some()
    {
        agent.model = effort.map_or_else(|| model.to_owned(), |effort| format!("{model}:{effort}"));
    }
    agent.model = agent.adapter().resolve_model(&agent.model).into_owned();
    agent.dialogue = agent.adapter().dialogue(&agent.options());
}

fn limits(def: &LimitsDef) -> AttemptLimits {
    let usual = AttemptLimits::default();
    let seconds = |span: Option<Span>, usual| span.map_or(usual, Span::seconds);
    AttemptLimits {
        wall_s: seconds(def.wall, usual.wall_s),
        start_s: seconds(def.start, usual.start_s),
        idle_s: seconds(def.idle, usual.idle_s),
        tool_s: seconds(def.tool, usual.tool_s),
        after_tool_s: seconds(def.after_tool, usual.after_tool_s),
        after_result_s: seconds(def.after_result, usual.after_result_s),
        prompt_s: seconds(def.prompt, usual.prompt_s),
        permission_s: seconds(def.permission, usual.permission_s),
    }
}

/// Lifts the limit of the start for a program that prints no events: it may print nothing until it is done.
pub(super) fn lift_start_limit(agent: &mut AgentSpec) {
    if matches!(agent.adapter().output_format(), OutputFormat::Plain) {
        agent.limits.start_s = 0;
    }
}
