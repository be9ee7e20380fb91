//! How to call an agent or a judge: its program, arguments and environment.
use super::context::InvocationContext;
use super::environment;
use super::spec::AgentSpec;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A program, its arguments and the changes to its environment. The adapter's `prompt_delivery` decides how it gets the
/// prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invocation {
    pub program: String,
    pub args: Vec<String>,
    pub set_env: Vec<(String, String)>,
    /// Names to remove; removed before `set_env` is applied.
    pub remove_env: Vec<String>,
}

/// Returns the arguments without those of the optional flags that the program does not have, each with its value.
pub fn without_missing(
    mut args: Vec<String>,
    optional: &[&str],
    options: &BTreeSet<String>,
) -> Vec<String> {
    for flag in optional.iter().filter(|flag| !options.contains(**flag)) {
        if let Some(at) = args.iter().position(|arg| arg == flag) {
            args.drain(at..args.len().min(at + 2));
        }
    }
    args
}

/// Removes the arguments of a dialogue, which stand in a row.
pub fn remove_dialogue(args: &mut Vec<String>, dialogue: &[&str]) {
    if dialogue.is_empty() {
        return;
    }
    let mut rows = args.windows(dialogue.len());
    if let Some(at) = rows.position(|row| row == dialogue) {
        args.drain(at..at + dialogue.len());
    }
}

/// Returns how to call an agent. `inherited` are the names in the environment it would inherit.
pub fn invocation<'e>(
    spec: &AgentSpec,
    context: &InvocationContext<'_>,
    inherited: impl Iterator<Item = &'e str>,
) -> Invocation {
    let args = spec.adapter().args(&spec.options(), context);
    with_args(args, spec, context, inherited)
}

/// Returns how to call a judge.
pub fn judge_invocation<'e>(
    spec: &AgentSpec,
    context: &InvocationContext<'_>,
    inherited: impl Iterator<Item = &'e str>,
) -> Invocation {
    let args = spec.adapter().judge_args(&spec.options(), context);
    with_args(args, spec, context, inherited)
}

fn with_args<'e>(
    args: Vec<String>,
    spec: &AgentSpec,
    context: &InvocationContext<'_>,
    inherited: impl Iterator<Item = &'e str>,
) -> Invocation {
    let (adapter, options) = (spec.adapter(), spec.options());
    let inherited: Vec<&str> = inherited.collect();
    let program = if adapter.is_built_in() {
        context.exe.as_str()
    } else {
        options.program
    };
    let mut set_env = environment::set(context);
    set_env.extend(adapter.environment(&options, context, &inherited));
    Invocation {
        program: program.to_owned(),
        args,
        set_env,
        remove_env: environment::remove(spec, &inherited),
    }
}
