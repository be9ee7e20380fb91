//! The maximum number of iterations of a node.
use super::definition::NodeDef;
use super::diagnostics::{LintCode, Location, Problem};
use super::loaded_loop::LoadedLoop;
use super::node_context::NodeContext;

/// Iterations of a node, by default.
const MAX_ITERATIONS: u32 = 25;
pub(super) const RUNS_ZERO: &str = "`runs` must be at least 1";

/// Returns the maximum: the override or the node's, its perspectives', else `written` beside the termination.
pub(super) fn max_iterations(
    ctx: &NodeContext<'_>,
    def: &NodeDef,
    loaded: Option<&LoadedLoop>,
    written: Option<u32>,
) -> u32 {
    let perspectives = def
        .perspectives
        .as_ref()
        .filter(|texts| !texts.is_empty())
        .and_then(|texts| u32::try_from(texts.len()).ok());
    let own = def
        .ends()
        .filter(|(_, ends)| ends.max.or(ends.iterations).is_some())
        .and(written);
    let max = match ctx.pipeline {
        None => ctx.compiler.overrides.max_iterations.or(written),
        Some(_) => def.times().or(own).or(perspectives).or(written),
    };
    if max.is_none() && ctx.pipeline.is_some() && loaded.is_some() {
        let problem = ctx.location.here(
            LintCode::NoRuns,
            format!("the node has no `runs`: it may take up to {MAX_ITERATIONS} agents"),
        );
        ctx.location
            .report(problem.hint("add `runs: <most iterations>`").warning());
    }
    if max == Some(0) {
        let problem = if def.times() == Some(0) {
            ctx.location.at("runs", LintCode::BadValue, RUNS_ZERO)
        } else {
            too_few(ctx, def, loaded)
        };
        ctx.location.report(problem);
    }
    max.unwrap_or(MAX_ITERATIONS)
}

fn too_few(ctx: &NodeContext<'_>, def: &NodeDef, loaded: Option<&LoadedLoop>) -> Problem {
    let message = "the most iterations must be at least 1";
    match loaded {
        _ if ctx.pipeline.is_none() && ctx.compiler.overrides.max_iterations.is_some() => {
            Problem::without_file(LintCode::BadValue, message)
        }
        Some(loaded) if def.ends().is_none() => {
            Location::top(&loaded.document).at("termination", LintCode::BadValue, message)
        }
        Some(_) | None => ctx.location.at(
            def.ends().map_or("termination", |(key, _)| key),
            LintCode::BadValue,
            message,
        ),
    }
}
