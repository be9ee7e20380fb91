//! Checks before a start whether the programs of a plan's agents can be found.
use super::context::Context;
use super::hook_programs;
use crate::compile::{LintCode, Problem};
use crate::error::{Error, ErrorKind, Result};
use crate::plan::Plan;
use crate::runner::RunnerEnv;
use crate::termination::GateRef;
use crate::workspace::Workspace;

/// Separates a missing program and the node that needs it in a message.
const NEEDED: &str = ", which node ";

/// Returns the part of such a problem's message that is the same for every node.
pub(super) fn missing_program(problem: &Problem) -> Option<&str> {
    (problem.code == LintCode::ProviderMissing).then(|| {
        problem
            .message
            .split(NEEDED)
            .next()
            .unwrap_or(&problem.message)
    })
}

/// Refuses to start a session whose agents cannot be started.
pub(super) fn require(plan: &Plan, env: &RunnerEnv) -> Result<()> {
    match missing(plan, env).into_iter().next() {
        None => Ok(()),
        Some(problem) if problem.code == LintCode::CommandMissing => {
            Err(Error::new(ErrorKind::ProgramMissing, problem.message)
                .hint(problem.hint.unwrap_or_default()))
        }
        Some(problem) => {
            let hint = format!(
                "{}; or name another program with `program:` in the loop or AP_PROGRAM; `--provider scripted` needs none",
                problem.hint.unwrap_or_default()
            );
            Err(Error::new(ErrorKind::ProgramMissing, problem.message).hint(hint))
        }
    }
}

/// Warns of programs that a session needs and that are missing on this machine.
pub(super) fn warnings(mut plan: Plan, context: &Context) -> Result<Vec<Problem>> {
    context.settings()?.place_programs(&mut plan);
    let env = env(context);
    let missing = missing(&plan, &env).into_iter().map(Problem::warning);
    Ok(missing
        .chain(hook_programs::warnings(&plan, &env))
        .collect())
}

/// Returns what a session of this project would find.
pub(super) fn env(context: &Context) -> RunnerEnv {
    RunnerEnv::new(
        Workspace::in_place(context.project.clone()),
        context.exe.clone(),
        context.env.clone(),
    )
}

/// Returns a problem for each program that is missing; the first node that needs it is named.
fn missing(plan: &Plan, env: &RunnerEnv) -> Vec<Problem> {
    let mut found: Vec<Problem> = Vec::new();
    let mut looked: Vec<&str> = Vec::new();
    for (node, agent) in plan.all_nodes().flat_map(|node| {
        node.agent
            .chain()
            .chain(&node.judge)
            .map(move |agent| (node, agent))
    }) {
        if agent.adapter().is_built_in() || looked.contains(&agent.program.as_str()) {
            continue;
        }
        looked.push(&agent.program);
        if env.find(&agent.program).is_none() {
            let message = format!(
                "there is no program `{}` on PATH{NEEDED}`{}` needs",
                agent.program, node.id
            );
            found.push(
                Problem::without_file(LintCode::ProviderMissing, message)
                    .hint(agent.adapter().install_hint()),
            );
        }
    }
    for (node, gate) in plan.all_nodes().flat_map(|node| {
        node.termination
            .gates()
            .into_iter()
            .map(move |gate| (node, gate))
    }) {
        let GateRef::Command(command) = gate else {
            continue;
        };
        let Some(program) = command
            .command
            .first()
            .filter(|program| env.find(program).is_none())
        else {
            continue;
        };
        let message = format!(
            "node `{}` ends when `{program}` succeeds, and there is no such program",
            node.id
        );
        // The branches of a block share the command, so it is reported once.
        if !found.iter().any(|other| other.message == message) {
            found.push(
                Problem::without_file(LintCode::CommandMissing, message).hint(hint_of(program)),
            );
        }
    }
    found
}

/// Returns how to fix a command that cannot be called.
fn hint_of(program: &str) -> &'static str {
    if program.contains('/') {
        "write it, relative to the project, and make it executable: it must exist before the session starts"
    } else {
        "install it, or write `./` before a file of the project"
    }
}
