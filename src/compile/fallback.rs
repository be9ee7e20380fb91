//! `fallback:` of an agent: the agents that take over when it is not served.
use super::agent_defaults::{Defaults, fill, lacks_program};
use super::agent_names::{bad_model, provider};
use super::diagnostics::{LintCode, Location};
use crate::agent::AgentSpec;

/// Returns the agents that take over when the first is not served: `codex`, `claude:sonnet`.
pub(super) fn fallback(
    first: &AgentSpec,
    location: &Location<'_>,
    words: &[String],
    defaults: Defaults<'_>,
) -> Vec<AgentSpec> {
    let mut chain: Vec<AgentSpec> = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let location = location.to("fallback").item(index);
        let Some(agent) = fallback_agent(first, &location, word, defaults) else {
            continue;
        };
        if std::iter::once(first)
            .chain(&chain)
            .any(|known| known.label() == agent.label())
        {
            let message = format!(
                "`{word}` is listed twice: an agent without quota has none the second time"
            );
            location.report(location.here(LintCode::NoEffect, message).warning());
        }
        chain.push(agent);
    }
    chain
}

/// Returns one agent of the chain, with the limits and permissions of the first.
fn fallback_agent(
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
        escalation: None,
        ..first.clone()
    };
    if !same {
        (agent.program, agent.args) = (String::new(), Vec::new());
    }
    fill(&mut agent, defaults);
    if lacks_program(&agent) {
        let message = format!("provider `{name}` needs a program, which cannot be given here");
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
