//! Whether the programs of hooks can be called. A session starts without them: each such hook fails when it runs.
use crate::compile::{LintCode, Problem};
use crate::plan::{Hook, HookAction, HookSource, Plan, Step};
use crate::runner::RunnerEnv;

/// Returns a warning for each program of a hook that is missing or not executable, once for each event. Hooks of
/// `config.yaml`, which are the same in every plan, are left out: see [`of_settings`].
pub(super) fn warnings(plan: &Plan, env: &RunnerEnv) -> Vec<Problem> {
    let nodes = plan.steps.iter().flat_map(Step::all_nodes);
    let all = plan.hooks.iter().chain(nodes.flat_map(|node| &node.hooks));
    missing(all.filter(|hook| hook.of != HookSource::Config), env)
}

/// Returns the same for the hooks of `config.yaml`.
pub(super) fn of_settings(hooks: &[Hook], env: &RunnerEnv) -> Vec<Problem> {
    missing(hooks.iter(), env)
}

fn missing<'a>(hooks: impl Iterator<Item = &'a Hook>, env: &RunnerEnv) -> Vec<Problem> {
    let mut found: Vec<Problem> = Vec::new();
    for hook in hooks {
        let HookAction::Command(argv) = &hook.action else {
            continue;
        };
        let Some(program) = argv.first().filter(|program| env.find(program).is_none()) else {
            continue;
        };
        let is_file = program.contains('/') && env.workspace.cwd.join(program).is_file();
        let (what, hint) = if is_file {
            ("is not executable", "run `chmod +x` on it")
        } else if program.contains('/') {
            (
                "does not exist",
                "write it, relative to the project, and make it executable",
            )
        } else {
            (
                "is not on PATH",
                "install it, or write `./` before a file of the project",
            )
        };
        let message = format!(
            "the program `{program}` of a hook at `{}` {what}",
            hook.event
        );
        // The branches of a block share a loop's hooks.
        if !found.iter().any(|other| other.message == message) {
            let problem = Problem::without_file(LintCode::CommandMissing, message);
            found.push(problem.hint(hint).warning());
        }
    }
    found
}
