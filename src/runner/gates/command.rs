//! A gate that is a command.
use super::freeze::hash_of;
use crate::exec::command::BoundedCommand;
use crate::model::{GateVerdict, Usage, env_tag};
use crate::runner::attempt_context::AttemptContext;
use crate::termination::{Gate, read_command};
use camino::Utf8Path;
use serde_json::json;
use std::future::Future;
use std::time::Duration;

/// Asks the command. Files of it that changed since the session started are not believed.
pub(super) fn command(
    context: &AttemptContext<'_>,
    gate: &Gate,
) -> impl Future<Output = (GateVerdict, Usage)> + Send + use<> {
    let AttemptContext {
        plan,
        state,
        node,
        env,
        paths,
        ..
    } = context;
    let changed = gate
        .frozen
        .iter()
        .find(|frozen| hash_of(Utf8Path::new(&frozen.path)) != frozen.hash)
        .map(|frozen| {
            (
                frozen.path.clone(),
                if frozen.hash.is_empty() {
                    "made"
                } else {
                    "changed"
                },
            )
        });
    let last = state
        .session
        .history
        .back()
        .map(|entry| json!({ "iteration": entry.iteration, "status": entry.status }));
    let told = json!({
        "session": plan.session, "run": plan.run, "node": node.id, "iteration": state.current.counters.iterations,
        "context": paths.iteration.context(), "progress": paths.progress, "last": last,
    });
    let call = gate
        .command
        .split_first()
        .map(|(program, args)| (env.find(program), program.clone(), args.to_vec()));
    let mut vars = env.vars.clone();
    vars.insert(env_tag::RUN.to_owned(), plan.run.to_string());
    vars.insert(
        "AP_CONTEXT".to_owned(),
        paths.iteration.context().to_string(),
    );
    let (cwd, limit) = (
        env.workspace.cwd.clone(),
        Duration::from_secs(gate.timeout_s),
    );
    async move {
        let broken = |reason: String| (GateVerdict::Broken { reason }, Usage::default());
        if let Some((path, how)) = changed {
            return broken(format!(
                "{path} was {how} since the session started, and is not believed; put it back as it was, or start anew with --force"
            ));
        }
        let Some((Some(path), _, args)) = call else {
            return broken("there is no such program on PATH".to_owned());
        };
        let command = BoundedCommand::new(path)
            .args(args)
            .clean_env(&vars)
            .current_dir(&cwd)
            .input(told.to_string())
            .limit(limit);
        match command.run_async().await {
            Err(error) => broken(error.to_string()),
            Ok(output) => (read_command(&output), Usage::default()),
        }
    }
}
