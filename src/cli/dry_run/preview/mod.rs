//! Compiles a plan, and renders the prompts that its first agents would get.
use super::nodes::{PlannedNode, planned_nodes};
use crate::agent::AgentSpec;
use crate::cli::context::Context;
use crate::cli::overrides::{self, OverrideArgs};
use crate::compile::{Invalid, Problem, Request, compile};
use crate::error::{Error, Result};
use crate::model::SessionName;
use crate::plan::{Node, Plan, PlanKind};
use crate::runner::{JUDGE_TRIES, PromptPreview, RunnerEnv, preview_prompt};
use crate::store::inputs;
use crate::termination::GateRef;
use crate::workspace::Workspace;
use serde::Serialize;

/// The shape of `ap dry-run --json`.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(in crate::cli) struct Preview {
    /// As in plan.json. Its fields may change with the version of ap.
    #[cfg_attr(
        feature = "schemas",
        schemars(with = "serde_json::Map<String, serde_json::Value>")
    )]
    pub(super) plan: Plan,
    /// The maximum number of iterations of all nodes, without retries of crashed agents.
    pub(super) max_agents: u64,
    /// The maximum number of agents started, with every retry and all judges.
    pub(super) max_starts: u64,
    pub(super) prompts: Vec<Prompt>,
    pub(super) warnings: Vec<Problem>,
}

/// The prompt and command line of a node's first agent.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct Prompt {
    pub(super) node: String,
    /// The file it will be stored in.
    pub(super) file: String,
    pub(super) text: String,
    /// Its program and arguments; gets the prompt on its standard input.
    pub(super) argv: Vec<String>,
}

/// The definition to preview.
pub(super) struct Definition<'a> {
    pub(super) kind: PlanKind,
    /// Name or path.
    pub(super) name: &'a str,
    pub(super) session: SessionName,
}

pub(super) fn preview(
    definition: Definition<'_>,
    flags: &OverrideArgs,
    context: &Context,
) -> Result<Preview> {
    let (plan, warnings) = plan(definition, flags, context)?;
    let env = RunnerEnv::new(
        Workspace::in_place(context.project.clone()),
        context.exe.clone(),
        context.env.clone(),
    );
    let run = context.project.session(&plan.session);
    let prompts = planned_nodes(&plan, &run)
        .iter()
        .map(|planned| prompt(&plan, planned, &env))
        .collect::<Result<_>>()?;
    let runs = u64::from(plan.runs);
    let iterations: u64 = plan
        .all_nodes()
        .map(|node| u64::from(node.max_iterations))
        .sum();
    let starts: u64 = plan.all_nodes().map(max_starts).sum();
    Ok(Preview {
        max_agents: runs * iterations,
        max_starts: runs * starts,
        prompts,
        warnings,
        plan,
    })
}

fn plan(
    definition: Definition<'_>,
    flags: &OverrideArgs,
    context: &Context,
) -> Result<(Plan, Vec<Problem>)> {
    let Definition {
        kind,
        name,
        session,
    } = definition;
    let library = context.library();
    let sources = library.find(kind, name)?;
    let request = Request {
        command: format!("ap {} {name} {session}", kind.as_str()),
        session,
        run: "preview".parse().map_err(Error::failed_by)?,
        project: context.project.root().to_owned(),
        backlog: library.backlog(),
        beads: context.has_beads(),
    };
    let overrides = flags
        .to_overrides(flags.most)?
        .or(overrides::environment(context)?)
        .or(context.declared());
    let (mut plan, warnings) = compile(&sources, &request, &overrides).map_err(|problems| {
        Error::invalid(Invalid::new(
            format!("{} `{name}`", kind.as_str()),
            problems,
        ))
    })?;
    context.settings()?.place_programs(&mut plan);
    plan.inputs = inputs::expand(context.project.root(), &plan.inputs)?;
    Ok((plan, warnings))
}

/// Returns the prompt and command line of a node's first agent, from the code that a run uses.
fn prompt(plan: &Plan, planned: &PlannedNode<'_>, env: &RunnerEnv) -> Result<Prompt> {
    let plan = planned.branch_plan.as_ref().unwrap_or(plan);
    let PromptPreview { file, prompt, argv } =
        preview_prompt(plan, &planned.run, planned.index, planned.node, env)
            .map_err(|unknown| Error::usage(&unknown).hint(unknown.hint()))?;
    Ok(Prompt {
        node: planned.name(),
        file: file.into_string(),
        text: prompt,
        argv,
    })
}

/// Returns how many agents a node may start with every retry, judges included.
fn max_starts(node: &Node) -> u64 {
    let attempts = |spec: &AgentSpec| u64::from(spec.max_attempts.max(1));
    let judges = judges(node) * u64::from(JUDGE_TRIES);
    u64::from(node.max_iterations) * (attempts(&node.agent) + judges)
}

/// Returns how many judges a node asks after an iteration.
pub(super) fn judges(node: &Node) -> u64 {
    let gates = node.termination.gates();
    gates
        .into_iter()
        .filter(|gate| matches!(gate, GateRef::Judge(_)))
        .count() as u64
}

#[cfg(test)]
mod tests;
