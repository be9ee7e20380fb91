//! Previews an agent's prompt and command line, made by the code that starts agents; starts and writes nothing.
use super::attempt_context::{AttemptContext, AttemptPaths};
use super::env::RunnerEnv;
use super::start;
use crate::clock;
use crate::engine::{Budget, State};
use crate::model::Cursor;
use crate::plan::template::UnknownVariable;
use crate::plan::{Node, Plan, PlanKind};
use crate::store::layout::RunDir;
use camino::Utf8PathBuf;

/// The first agent of a node.
#[derive(Clone, Debug)]
pub struct PromptPreview {
    /// Where its prompt would be kept.
    pub file: Utf8PathBuf,
    /// The prompt as the agent would read it; what earlier agents will have written is in brackets.
    pub prompt: String,
    /// Its program and arguments. The prompt comes on its standard input.
    pub argv: Vec<String>,
}

/// Previews the first attempt of a plan's node, counted from 0; `plan` and `run` are the branch's, if it is in one.
pub fn preview_prompt(
    plan: &Plan,
    run: &RunDir,
    index: u32,
    node: &Node,
    env: &RunnerEnv,
) -> Result<PromptPreview, UnknownVariable> {
    let state = State::default();
    let cursor = Cursor::before(index).next_iteration();
    let context = AttemptContext {
        plan,
        state: &state,
        node,
        cursor,
        env,
        paths: AttemptPaths::new(run, plan, node, cursor, env),
        budget: Budget::of_session(plan, &state),
        tracker_env: Vec::new(),
        quota: None,
        is_fresh: true,
        is_prepared: false,
        now: clock::now(),
    };
    let first = index == 0
        && plan
            .branch
            .as_ref()
            .is_none_or(|branch| branch.prior.is_empty());
    let value = |name: &str| match name.strip_prefix("INPUTS") {
        Some("") if !first => Some("(what the earlier node wrote)".to_owned()),
        Some(named) if named.starts_with('.') && plan.kind == PlanKind::Pipeline => {
            Some(format!("(what node {} wrote)", &named[1..]))
        }
        Some(_) | None => context.variable(name),
    };
    let prompt = start::prompt(node, value)?;
    let invocation = start::invocation(&context, &prompt);
    let argv = [vec![invocation.program], invocation.args].concat();
    Ok(PromptPreview {
        file: context.paths.iteration.prompt(),
        prompt,
        argv,
    })
}
