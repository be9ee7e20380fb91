//! Resolves a node's agent from its layers: the highest precedence wins, and a program or model stays with its provider.
use super::agent_defaults::{Defaults, default_agent, fill, lacks_program, lift_start_limit};
use super::agent_names::{bad_model, check_effort, permissions, provider, with_effort};
use super::definition::LoopDef;
use super::diagnostics::{LintCode, Location};
use super::fallback::fallback;
use super::layer::Layer;
use crate::agent::AgentSpec;

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
