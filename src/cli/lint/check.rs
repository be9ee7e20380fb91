//! Checks one definition.
use crate::cli::catalog;
use crate::cli::command_names::is_command;
use crate::cli::context::Context;
use crate::cli::programs;
use crate::compile::{LintCode, Problem, Sources};
use crate::error::Result;
use crate::plan::{Origin, Plan, PlanKind};
use crate::store::inputs;
use crate::store::library::Entry;
use camino::Utf8PathBuf;
use serde::Serialize;

/// The result for one definition; also its JSON form.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct Checked {
    pub(super) kind: PlanKind,
    pub(super) name: String,
    pub(super) origin: Origin,
    pub(super) path: String,
    pub(super) ok: bool,
    /// What a start must be given (one is enough): `context`, `input`, or a file.
    pub(super) needs: Vec<String>,
    /// What it must be given too, each as `a or b`.
    pub(super) also_needs: Vec<String>,
    pub(super) problems: Vec<Problem>,
}

/// Checks a definition exactly as a run would compile it.
pub(super) fn check(entry: &Entry, strict: bool, context: &Context) -> Result<Checked> {
    let compiled = catalog::check(entry, &context.project, &context.declared());
    let runs = compiled.is_ok();
    let (needs, also_needs) = compiled
        .as_ref()
        .map_or_else(|_| Default::default(), |(plan, _)| catalog::needs(plan));
    let mut problems = match compiled {
        Ok((plan, mut warnings)) => {
            let missing_inputs = missing_inputs(entry, &plan.inputs, context);
            warnings.extend(missing_programs(entry, plan, context)?);
            warnings.extend(missing_inputs);
            warnings
        }
        Err(problems) => problems,
    };
    problems.extend(hidden_by_command(entry));
    // A program that is missing on this machine is not a mistake in the definition.
    let is_clean = problems
        .iter()
        .all(|problem| problem.code == LintCode::ProviderMissing);
    Ok(Checked {
        kind: entry.kind,
        name: entry.name.clone(),
        origin: entry.origin,
        path: entry.path.clone(),
        ok: runs && (is_clean || !strict),
        needs,
        also_needs,
        problems,
    })
}

/// Warns of programs that are missing on this machine.
fn missing_programs(entry: &Entry, plan: Plan, context: &Context) -> Result<Vec<Problem>> {
    let file = entry.sources.as_ref().ok().map(Sources::definition);
    let in_file = |problem: Problem| match file {
        Some(text) => problem.in_file(text),
        None => problem,
    };
    Ok(programs::warnings(plan, context)?
        .into_iter()
        .map(in_file)
        .collect())
}

/// Warns of inputs of a pipeline that a start would refuse now; an earlier stage may be meant to write them.
fn missing_inputs(entry: &Entry, written: &[Utf8PathBuf], context: &Context) -> Vec<Problem> {
    let Ok(Sources::Pipeline(source)) = &entry.sources else {
        return Vec::new();
    };
    let refused = |path: &Utf8PathBuf| {
        inputs::expand(context.project.root(), std::slice::from_ref(path)).err()
    };
    let all = written
        .iter()
        .enumerate()
        .filter_map(|(index, path)| Some((index, refused(path)?)));
    all.map(|(index, why)| {
        let problem = Problem::missing_input(&source.definition, index, why.to_string());
        match why.help() {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    })
    .collect()
}

/// Warns of a loop that `ap <loop>` cannot start, because a command has the same name.
fn hidden_by_command(entry: &Entry) -> Option<Problem> {
    let (PlanKind::Loop, Ok(sources), name) = (entry.kind, &entry.sources, &entry.name) else {
        return None;
    };
    is_command(name).then(|| {
        let message = format!("`ap {name}` is a command, so it does not start this loop");
        let hint = format!("rename the loop, or start it with `ap loop {name}`");
        Problem::of_file(sources.definition(), LintCode::CommandName, message)
            .hint(hint)
            .warning()
    })
}
