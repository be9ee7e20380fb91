//! Whose quota an agent uses.
use super::environment;
use super::spec::AgentSpec;
use crate::model::{Account, Env};

/// Returns the account that an agent of a session with this environment uses, where its program reports its quota.
pub fn account(spec: &AgentSpec, env: &Env) -> Option<Account> {
    spec.adapter().account(&inherited(spec, env))
}

/// Returns what an agent inherits of the environment of its session.
pub fn inherited(spec: &AgentSpec, env: &Env) -> Env {
    let names: Vec<&str> = env.keys().map(String::as_str).collect();
    let removed = environment::remove(spec, &names);
    let stays = |(name, _): &(&String, &String)| !removed.contains(name);
    let left = env.iter().filter(stays);
    left.map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
