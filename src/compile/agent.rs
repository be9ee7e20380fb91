//! Resolves a node's agent from its layers: the highest precedence wins, and a program or model stays with its provider.
use super::agent_defaults::{Defaults, default_agent, fill, lacks_program};
use super::agent_names::{bad_model, check_effort, permissions, provider, with_effort};
use super::definition::LoopDef;
use super::diagnostics::{LintCode, Location};
use super::fallback::fallback;
use super::layer::Layer;
<<<<<<< HEAD
use crate::agent::AgentSpec;
=======
use super::settings::CustomProviders;
use crate::agent::{AgentSpec, AttemptLimits, CustomProvider, OutputFormat, Provider};
use crate::model::PermissionMode;
use crate::plan::suggest;

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
>>>>>>> e129393 (shim: tell hangs apart, contain agents, measure waits steadily)

/// Returns the agent that results from the layers.
pub(super) fn resolve(layers: &[Layer<'_>], def: &LoopDef, defaults: Defaults<'_>) -> AgentSpec {
    let mut agent = default_agent(def);
    // A fallback chain stays with the provider it was set for, too.
    let mut chain = None;
    for layer in layers {
        let changed = add(&mut agent, layer, defaults);
        chain = layer
            .fallback
            .map(|words| (&layer.location, words))
            .or(chain.filter(|_| !changed));
    }
    finish(&mut agent, layers, defaults);
    if let Some(reason) = agent.refuses(agent.permissions) {
        let message = format!(
            "provider `{}` does not support `{}`: {reason}",
            agent.provider_name(),
            agent.permissions.name()
        );
        let location = highest(layers, |layer| layer.permissions.is_some());
        if let Some(location) = location {
            location.report(location.at("permissions", LintCode::PermissionsRefused, message));
        }
    }
    if let Some((location, words)) = chain {
        agent.fallback = fallback(&agent, location, words, defaults);
    }
    if def.limits.start.is_none() {
        agent.fallback.iter_mut().for_each(lift_start_limit);
        lift_start_limit(&mut agent);
    }
    agent
}

/// Returns the agent that judges. It may do nothing and leaves no status, so no provider refuses it.
pub(super) fn judge(layers: &[Layer<'_>], defaults: Defaults<'_>) -> AgentSpec {
    let mut agent = default_agent(&LoopDef::default());
    for layer in layers {
        add(&mut agent, layer, defaults);
    }
    finish(&mut agent, layers, defaults);
    agent
}

/// Applies a layer. Returns whether it changed the provider.
fn add(agent: &mut AgentSpec, layer: &Layer<'_>, defaults: Defaults<'_>) -> bool {
    let location = &layer.location;
    let before = (agent.provider, agent.custom.clone());
    if let Some((provider, custom)) = layer.provider.and_then(|word| {
        provider(word, location, defaults, |message| {
            location.at("provider", LintCode::UnknownProvider, message)
        })
    }) && (provider, &custom) != (agent.provider, &agent.custom)
    {
        (agent.provider, agent.custom) = (provider, custom);
        (agent.program, agent.model, agent.args) = (String::new(), String::new(), Vec::new());
    }
    if let Some(program) = layer.program {
        agent.program = program.to_owned();
    }
    if let Some(model) = layer.model {
        if bad_model(model) || model.is_empty() {
            location.report(
                location
                    .at(
                        "model",
                        LintCode::BadModel,
                        format!("`{}` cannot be the name of a model", model.escape_debug()),
                    )
                    .hint("for example `opus`, `sonnet` or a full id"),
            );
        }
        agent.model = model.to_owned();
    }
    if let Some(effort) = layer.effort {
        agent.model = with_effort(agent, location, effort);
    }
    if layer.model.is_some() {
        check_effort(agent, location);
    }
    if !layer.allow_tools.is_empty() {
        agent.allow_tools = layer.allow_tools.to_vec();
    }
    if !layer.args.is_empty() {
        agent.args = layer.args.to_vec();
    }
    if let Some(word) = layer.permissions {
        agent.permissions = permissions(location, word);
    }
    agent.keep_env = layer.keep_env.unwrap_or(agent.keep_env);
    before != (agent.provider, agent.custom.clone())
}

/// Fills in defaults and reports what is missing.
fn finish(agent: &mut AgentSpec, layers: &[Layer<'_>], defaults: Defaults<'_>) {
    fill(agent, defaults);
    if lacks_program(agent)
        && let Some(location) = highest(layers, |layer| layer.provider.is_some())
    {
        let message = format!("provider `{}` needs a `program`", agent.provider_name());
        let hint = "add `program: <name or path>` to the loop: it gets the prompt on stdin";
        let problem = location.at("provider", LintCode::NoProgram, message);
        location.report(problem.hint(hint));
    }
    let name = agent.provider_name();
    if !agent.adapter().accepts_model() && !agent.model.is_empty() {
        let message = format!(
            "provider `{name}` cannot be given a model: its definition in config.yaml has no `model_flag`"
        );
        if let Some(location) = highest(layers, |layer| layer.model.is_some()) {
            location.report(location.at("model", LintCode::NoEffect, message).warning());
        }
    }
}

/// Returns the location of the highest layer for which `sets` holds, else of the last layer.
fn highest<'l, 'a>(
    layers: &'l [Layer<'a>],
    sets: fn(&Layer<'_>) -> bool,
) -> Option<&'l Location<'a>> {
    layers
        .iter()
        .rev()
        .find(|layer| sets(layer))
        .or(layers.last())
        .map(|layer| &layer.location)
}
<<<<<<< HEAD
=======

/// Whether the definition must name a program, and does not.
fn lacks_program(agent: &AgentSpec) -> bool {
    agent.program.is_empty() && !agent.adapter().is_built_in()
}

fn fill(agent: &mut AgentSpec, defaults: Defaults<'_>) {
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
}

/// Finds a provider by its name: one that is built in, or one of the user's own.
fn provider(
    word: &str,
    location: &Location<'_>,
    defaults: Defaults<'_>,
    problem: impl FnOnce(String) -> Problem,
) -> Option<(Provider, Option<CustomProvider>)> {
    if let Some(def) = defaults.providers.get(word) {
        return Some((Provider::COMMAND, Some(def.freeze(word))));
    }
    let found = Provider::named(word);
    if found.is_none() {
        let known = Provider::names()
            .into_iter()
            .chain(defaults.providers.keys().map(String::as_str));
        location
            .report(problem(format!("unknown provider `{word}`")).hint(suggest::hint(word, known)));
    }
    found.map(|provider| (provider, None))
}

fn permissions(location: &Location<'_>, word: &str) -> PermissionMode {
    word.parse().unwrap_or_else(|()| {
        let problem = location.at(
            "permissions",
            LintCode::UnknownPermissions,
            format!("unknown permission mode `{word}`"),
        );
        location.report(problem.hint(suggest::hint(word, PERMISSIONS)));
        PermissionMode::default()
    })
}

/// Returns the limits of an attempt.
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
    }
}

/// Lifts the limit of the start for a program that prints no events: it may print nothing until it is done.
fn lift_start_limit(agent: &mut AgentSpec) {
    if matches!(agent.adapter().output_format(), OutputFormat::Plain) {
        agent.limits.start_s = 0;
    }
}
>>>>>>> e129393 (shim: tell hangs apart, contain agents, measure waits steadily)
