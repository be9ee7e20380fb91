//! Resolves a node's agent from its layers: the highest precedence wins, and a program or model stays with its provider.
use super::definition::{LimitsDef, LoopDef, PERMISSIONS, Span};
use super::diagnostics::{LintCode, Location, Problem};
use super::layer::Layer;
use super::settings::CustomProviders;
use crate::agent::{AgentSpec, AttemptLimits, CustomProvider, Provider};
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

/// Returns the agent the layers amount to.
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
        let location = last(layers, |layer| layer.permissions.is_some());
        if let Some(location) = location {
            location.report(location.at("permissions", LintCode::PermissionsRefused, message));
        }
    }
    if let Some((location, words)) = chain {
        agent.fallback = fallback(&agent, location, words, defaults);
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

/// Returns the agent without any settings.
fn default_agent(def: &LoopDef) -> AgentSpec {
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
        custom: None,
        fallback: Vec::new(),
    }
}

/// Returns the agents that take over when the first is not served: `codex`, `claude:sonnet`.
fn fallback(
    first: &AgentSpec,
    location: &Location<'_>,
    words: &[String],
    defaults: Defaults<'_>,
) -> Vec<AgentSpec> {
    let mut chain: Vec<AgentSpec> = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let location = location.to("fallback").item(index);
        let Some(agent) = other(first, &location, word, defaults) else {
            continue;
        };
        if std::iter::once(first)
            .chain(&chain)
            .any(|known| known.label() == agent.label())
        {
            let message = format!("`{word}` comes twice: what is out of quota once is so again");
            location.report(location.here(LintCode::NoEffect, message).warning());
        }
        chain.push(agent);
    }
    chain
}

/// Returns another agent than the first, bounded as that is.
fn other(
    first: &AgentSpec,
    location: &Location<'_>,
    word: &str,
    defaults: Defaults<'_>,
) -> Option<AgentSpec> {
    let (name, model) = word
        .split_once(':')
        .map_or((word, None), |(name, model)| (name, Some(model)));
    let (provider, custom) = provider(name, location, defaults, |message| {
        location.here(LintCode::UnknownProvider, message)
    })?;
    let same = (provider, &custom) == (first.provider, &first.custom);
    let mut agent = AgentSpec {
        provider,
        custom,
        model: model.unwrap_or_default().to_owned(),
        fallback: Vec::new(),
        ..first.clone()
    };
    if !same {
        (agent.program, agent.args) = (String::new(), Vec::new());
    }
    fill(&mut agent, defaults);
    if lacks_program(&agent) {
        let message = format!("`{name}` has no program here");
        location.report(
            location
                .here(LintCode::NoProgram, message)
                .hint("declare a provider in config.yaml, under `providers`, and name that"),
        );
    }
    if model.is_some_and(|model| model.is_empty() || bad_model(model)) {
        let message = format!(
            "`{}` cannot be the name of a model",
            model.unwrap_or_default().escape_debug()
        );
        location.report(location.here(LintCode::BadModel, message).hint(
            "for example `claude:sonnet`; leave out the colon for the provider's own choice",
        ));
    }
    if let Some(reason) = agent.refuses(agent.permissions) {
        let message = format!(
            "provider `{name}` does not support `{}`: {reason}",
            agent.permissions.name()
        );
        location.report(location.here(LintCode::PermissionsRefused, message));
    }
    Some(agent)
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

/// Returns the agent's model with an effort behind it.
fn with_effort(agent: &AgentSpec, location: &Location<'_>, effort: &str) -> String {
    let known = agent.adapter().efforts();
    let (name, _) = agent.adapter().split_effort(&agent.model);
    if known.contains(&effort) {
        return format!("{name}:{effort}");
    }
    let message = if known.is_empty() {
        format!("`{}` has no setting for the effort", agent.provider_name())
    } else {
        format!(
            "`{}` does not know the effort `{effort}`",
            agent.provider_name()
        )
    };
    location.report(
        location
            .at("effort", LintCode::BadValue, message)
            .hint(suggest::hint(effort, known.iter().copied())),
    );
    agent.model.clone()
}

fn bad_model(model: &str) -> bool {
    model.starts_with('-') || model.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// Fills in defaults and reports what is missing.
fn finish(agent: &mut AgentSpec, layers: &[Layer<'_>], defaults: Defaults<'_>) {
    fill(agent, defaults);
    if lacks_program(agent)
        && let Some(location) = last(layers, |layer| layer.provider.is_some())
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
        if let Some(location) = last(layers, |layer| layer.model.is_some()) {
            location.report(location.at("model", LintCode::NoEffect, message).warning());
        }
    }
}

/// Returns the location of the highest layer for which `sets` holds, else of the last layer.
fn last<'l, 'a>(layers: &'l [Layer<'a>], sets: fn(&Layer<'_>) -> bool) -> Option<&'l Location<'a>> {
    layers
        .iter()
        .rev()
        .find(|layer| sets(layer))
        .or(layers.last())
        .map(|layer| &layer.location)
}

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

fn limits(def: &LimitsDef) -> AttemptLimits {
    let AttemptLimits {
        wall_s,
        idle_s,
        after_result_s,
    } = AttemptLimits::default();
    AttemptLimits {
        wall_s: def.wall.map_or(wall_s, Span::seconds),
        idle_s: def.idle.map_or(idle_s, Span::seconds),
        after_result_s: def.after_result.map_or(after_result_s, Span::seconds),
    }
}
