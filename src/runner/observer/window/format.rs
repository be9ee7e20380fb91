//! How values are written in the window.
use crate::engine::State;
use crate::model::Usage;
use crate::plan::{Node, Plan, Step};

/// Returns what ends a node, and how far it is.
pub(super) fn ends_when(node: &Node, state: &State) -> String {
    let ends = node.termination.ends(node.max_iterations);
    let progress = node.termination.progress(&state.evidence(node));
    if progress.is_empty() {
        format!("ends {ends}")
    } else {
        format!("ends {ends} ({progress})")
    }
}

/// Returns the number of all tokens, read and written.
pub(super) fn tokens(usage: &Usage) -> String {
    let count = usage.input_tokens
        + usage.output_tokens
        + usage.cache_read_tokens
        + usage.cache_write_tokens;
    match count {
        0..1000 => count.to_string(),
        1000..1_000_000 => format!("{}.{}k", count / 1000, count % 1000 / 100),
        _ => format!("{}.{}M", count / 1_000_000, count % 1_000_000 / 100_000),
    }
}

/// Returns where a session continues.
pub(super) fn next_step(plan: &Plan, state: &State) -> String {
    let next = state.current.iteration_to_run();
    match state.step(plan) {
        Some(Step::Block(block)) => format!("block `{}`", block.id),
        Some(Step::Node(node)) if plan.steps.len() > 1 => {
            format!("iteration {next} of `{}`", node.id)
        }
        Some(Step::Node(_)) | None => format!("iteration {next}"),
    }
}

/// Returns `run 2/3  stage 1/4 `, with the parts that there is more than one of.
pub(super) fn position(plan: &Plan, step: u32) -> String {
    let run = plan
        .run_label(step)
        .map_or_else(String::new, |run| format!("{run}  "));
    if plan.steps.len() > 1 {
        let index = plan.split(step).1 + 1;
        format!("{run}stage {index}/{} ", plan.steps.len())
    } else {
        run
    }
}
