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

/// Returns the agent the layers amount to.
pub(super) fn resolve(
    layers: &[Layer<'_>],
    def: &LoopDef,
    providers: &CustomProviders,
) -> AgentSpec {
    let mut agent = default_agent(def);
    // A fallback chain stays with the provider it was set for, too.
    let mut chain = None;
    for layer in layers {
        let changed = add(&mut agent, layer, providers);
        chain = layer
            .fallback
            .map(|words| (&layer.location, words))
            .or(chain.filter(|_| !changed));
    }
    finish(&mut agent, layers, providers);
    if let Some(reason) = agent.refuses(agent.permissions) {
        let message = format!(
            "provider `{}` cannot do `{}`: {reason}",
            agent.provider_name(),
            agent.permissions.name()
        );
        let location = last(layers, |layer| layer.permissions.is_some());
        if let Some(location) = location {
            location.report(location.at("permissions", LintCode::PermissionsRefused, message));
        }
    }
    if let Some((location, words)) = chain {
        agent.fallback = fallback(&agent, location, words, providers);
    }
    agent
}

/// Returns the agent that judges. It may do nothing and leaves no status, so no provider refuses it.
pub(super) fn judge(layers: &[Layer<'_>], providers: &CustomProviders) -> AgentSpec {
    let mut agent = default_agent(&LoopDef::default());
    for layer in layers {
        add(&mut agent, layer, providers);
    }
    finish(&mut agent, layers, providers);
    agent
}

/// Returns the agent without any settings.
fn default_agent(def: &LoopDef) -> AgentSpec {
    AgentSpec {
        provider: Provider::default(),
        program: String::new(),
        model: String::new(),
        permissions: PermissionMode::default(),
        args: Vec::new(),
        keep_env: false,
        max_attempts: def.retries.unwrap_or(RETRIES).saturating_add(1),
        retry_delay_ms: def.retry_delay.map_or(RETRY_DELAY_MS, Span::millis),
        limits: limits(&def.limits),
        custom: None,
        fallback: Vec::new(),
    }
}

/// Returns the agents that take over when the first is out of quota: `codex`, `claude:sonnet`.
fn fallback(
    first: &AgentSpec,
    location: &Location<'_>,
    words: &[String],
    providers: &CustomProviders,
) -> Vec<AgentSpec> {
    let mut chain: Vec<AgentSpec> = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let location = location.to("fallback").item(index);
        let Some(agent) = other(first, &location, word, providers) else {
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
    providers: &CustomProviders,
) -> Option<AgentSpec> {
    let (name, model) = word
        .split_once(':')
        .map_or((word, None), |(name, model)| (name, Some(model)));
    let (provider, custom) = provider(name, location, providers, |message| {
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
    fill(&mut agent, providers);
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
            "provider `{name}` cannot do `{}`: {reason}",
            agent.permissions.name()
        );
        location.report(location.here(LintCode::PermissionsRefused, message));
    }
    Some(agent)
}

/// Applies a layer. Returns whether it changed the provider.
fn add(agent: &mut AgentSpec, layer: &Layer<'_>, providers: &CustomProviders) -> bool {
    let location = &layer.location;
    let before = (agent.provider, agent.custom.clone());
    if let Some((provider, custom)) = layer.provider.and_then(|word| {
        provider(word, location, providers, |message| {
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
    if !layer.args.is_empty() {
        agent.args = layer.args.to_vec();
    }
    if let Some(word) = layer.permissions {
        agent.permissions = permissions(location, word);
    }
    agent.keep_env = layer.keep_env.unwrap_or(agent.keep_env);
    before != (agent.provider, agent.custom.clone())
}

fn bad_model(model: &str) -> bool {
    model.starts_with('-') || model.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// Fills in defaults and reports what is missing.
fn finish(agent: &mut AgentSpec, layers: &[Layer<'_>], providers: &CustomProviders) {
    fill(agent, providers);
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

/// Returns the location of the highest layer for which `set` holds, else of the last layer.
fn last<'l, 'a>(layers: &'l [Layer<'a>], said: fn(&Layer<'_>) -> bool) -> Option<&'l Location<'a>> {
    layers
        .iter()
        .rev()
        .find(|layer| said(layer))
        .or(layers.last())
        .map(|layer| &layer.location)
}

/// Whether the definition must name a program, and does not.
fn lacks_program(agent: &AgentSpec) -> bool {
    agent.program.is_empty() && !agent.adapter().is_built_in()
}

fn fill(agent: &mut AgentSpec, providers: &CustomProviders) {
    if agent.program.is_empty() {
        let custom = agent
            .custom
            .as_ref()
            .and_then(|custom| providers.get(&custom.name));
        agent.program = custom.map_or_else(
            || agent.provider.adapter().program().to_owned(),
            |def| def.program.clone(),
        );
    }
    agent.model = agent.adapter().resolve_model(&agent.model).to_owned();
}

/// Finds a provider by its name: one that is built in, or one of the user's own.
fn provider(
    word: &str,
    location: &Location<'_>,
    providers: &CustomProviders,
    problem: impl FnOnce(String) -> Problem,
) -> Option<(Provider, Option<CustomProvider>)> {
    if let Some(def) = providers.get(word) {
        return Some((Provider::COMMAND, Some(def.freeze(word))));
    }
    let found = Provider::named(word);
    if found.is_none() {
        let known = Provider::names()
            .into_iter()
            .chain(providers.keys().map(String::as_str));
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
