//! Reads the names of providers, models, efforts and permission modes.
use super::agent_defaults::Defaults;
use super::definition::PERMISSIONS;
use super::diagnostics::{LintCode, Location, Problem};
use crate::agent::{AgentSpec, CustomProvider, Provider};
use crate::model::PermissionMode;
use crate::plan::suggest;

/// Finds a provider by its name: one that is built in, or one of the user's own.
pub(super) fn provider(
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

/// Reads a permission mode; reports an unknown one.
pub(super) fn permissions(location: &Location<'_>, word: &str) -> PermissionMode {
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

/// Returns the agent's model with an effort behind it.
pub(super) fn with_effort(agent: &AgentSpec, location: &Location<'_>, effort: &str) -> String {
    let known = agent.adapter().efforts();
    let (name, _) = agent.adapter().split_effort(&agent.model);
    if known.contains(&effort) {
        return format!("{name}:{effort}");
    }
    let provider = agent.provider_name();
    location.report(if known.is_empty() {
        let message = format!("`{provider}` has no setting for the effort");
        let problem = location.at("effort", LintCode::NoEffect, message);
        problem.warning()
    } else {
        let message = format!("`{provider}` has no effort `{effort}`");
        let problem = location.at("effort", LintCode::BadValue, message);
        problem.hint(suggest::hint(effort, known.iter().copied()))
    });
    agent.model.clone()
}

/// Reports a word behind the model's name that is no effort.
pub(super) fn check_effort(agent: &AgentSpec, location: &Location<'_>) {
    let Some(word) = agent.adapter().unknown_effort(&agent.model) else {
        return;
    };
    let known = agent.adapter().efforts();
    let message = format!(
        "`{}` has no effort `{}`, which follows the name in `{}`",
        agent.provider_name(),
        word.escape_debug(),
        agent.model.escape_debug()
    );
    let problem = location.at("model", LintCode::BadModel, message);
    location.report(problem.hint(suggest::hint(word, known.iter().copied())));
}

/// Whether a text cannot be the name of a model.
pub(super) fn bad_model(model: &str) -> bool {
    model.starts_with('-') || model.contains(|c: char| c.is_whitespace() || c.is_control())
}
