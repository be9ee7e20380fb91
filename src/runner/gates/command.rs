//! A gate that is a command.
use super::completeness::CompletenessCheck;
use super::freeze::hash_of;
use crate::exec::command::BoundedCommand;
use crate::model::{DonePhase, GateVerdict, env_tag};
use crate::runner::attempt_context::AttemptContext;
use crate::termination::{Gate, GateReading, read_command};
use camino::Utf8Path;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

/// Asks the command. Its answer does not count if one of its files has changed since the session started.
pub(super) fn command(
    context: &AttemptContext<'_>,
    gate: &Gate,
) -> impl Future<Output = (GateReading, Vec<DonePhase>)> + Send + use<> {
    let call = if let Some(reason) = changed_file(gate, &context.state.session.accepted_gates) {
        Err(reason)
    } else {
        call(context, gate).ok_or_else(|| "there is no such program on PATH".to_owned())
    };
    let threshold = gate.threshold;
    let complete = CompletenessCheck::new(context, gate);
    async move {
        let broken = |reason| GateReading::from(GateVerdict::Broken { reason });
        let reading = match call {
            Err(reason) => broken(reason),
            Ok(command) => match command.run_async().await {
                Err(error) => broken(error.to_string()),
                Ok(output) => read_command(&output, threshold),
            },
        };
        match complete {
            Some(complete) => complete.apply(reading),
            None => (reading, Vec::new()),
        }
    }
}

/// Returns why the gate's files are not trusted, if one has changed.
fn changed_file(gate: &Gate, accepted: &BTreeMap<String, String>) -> Option<String> {
    let mut frozen = gate.frozen.iter();
    let changed = frozen.find(|file| {
        let known = accepted.get(&file.path).unwrap_or(&file.hash);
        hash_of(Utf8Path::new(&file.path)) != *known
    })?;
    let how = if changed.hash.is_empty() {
        "created"
    } else {
        "changed"
    };
    Some(format!(
        "{} was {how} since the session started, so the gate is not trusted; restore the file, or accept your own change with `ap gate accept`",
        changed.path
    ))
}

/// Returns the call of the gate's program; `None` if there is no such program.
fn call(context: &AttemptContext<'_>, gate: &Gate) -> Option<BoundedCommand> {
    let env = context.env;
    let (program, args) = gate.command.split_first()?;
    let mut vars = env.vars.clone();
    let file = context.paths.iteration.context().to_string();
    vars.insert(env_tag::RUN.to_owned(), context.plan.run.to_string());
    vars.insert("AP_CONTEXT".to_owned(), file);
    let command = BoundedCommand::swept(env.find(program)?)
        .args(args)
        .clean_env(&vars)
        .current_dir(&env.workspace.cwd)
        .input(input(context).to_string())
        .limit(Duration::from_secs(gate.timeout_s));
    Some(command)
}

/// Returns what the program reads on standard input.
fn input(context: &AttemptContext<'_>) -> Value {
    let AttemptContext {
        plan, state, paths, ..
    } = context;
    let last = state.session.history.back();
    let last = last.map(|entry| json!({ "iteration": entry.iteration, "status": entry.status }));
    json!({
        "session": plan.session,
        "run": plan.run,
        "node": context.node.id,
        "iteration": state.current.counters.iterations,
        "context": paths.iteration.context(),
        "progress": paths.progress,
        "last": last,
    })
}
