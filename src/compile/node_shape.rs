//! Lints which keys of a node are set together.
use super::definition::{NodeDef, ParallelKey};
use super::diagnostics::{LintCode, Location};
use super::problem_limit::too_many_reported;

/// Lints nodes of the same list.
pub(super) fn siblings(location: &Location<'_>, nodes: &[NodeDef]) {
    let id = |node: &NodeDef| node.id.clone().or_else(|| node.name.clone());
    for (index, node) in nodes.iter().enumerate() {
        let at = location.item(index);
        if let Some(id) = id(node).filter(|name| {
            nodes[..index]
                .iter()
                .any(|earlier| id(earlier).as_deref() == Some(name))
        }) {
            let key = if node.id.is_some() { "id" } else { "name" };
            location.report(
                at.at(
                    key,
                    LintCode::DuplicateId,
                    format!("two nodes are called `{id}`"),
                )
                .hint("outputs and directories are found by this name"),
            );
        }
        if too_many_reported(location.diagnostics()) {
            return;
        }
        node_shape(&at, node);
    }
}

fn node_shape(location: &Location<'_>, node: &NodeDef) {
    let ends_by_runs = || {
        node.runs
            .as_ref()
            .is_some_and(|runs| runs.ending().is_some())
    };
    if node.termination.is_some() && ends_by_runs() {
        let message = "`termination` and `runs` both set when the node ends";
        report_twice(location, "runs", message);
    }
    match &node.parallel {
        None => {}
        Some(ParallelKey::Hint(_)) => {
            let problem = location.at_key(
                "parallel",
                LintCode::NoEffect,
                "`parallel` has no effect here",
            );
            location.report(problem.hint("remove it").warning());
        }
        Some(ParallelKey::Block(block)) => {
            let location = location.to("parallel");
            if block.stages.is_some() && block.nodes.is_some() {
                report_twice(&location, "nodes", "`stages` and `nodes` mean the same");
            }
            let (key, stages) = block.stages();
            siblings(&location.to(key), stages);
        }
    }
    if node.guardrails.is_some() {
        let problem = location.at_key(
            "guardrails",
            LintCode::Misplaced,
            "guardrails bound the whole session",
        );
        location.report(problem.hint("move `guardrails` to the top level of the pipeline"));
    }
    if node.loop_.is_some() && node.stage.is_some() {
        report_twice(location, "stage", "`loop` and `stage` mean the same");
    }
    prompt(location, node);
}

/// Lints where the prompt of a node comes from.
fn prompt(location: &Location<'_>, node: &NodeDef) {
    let is_block = matches!(node.parallel, Some(ParallelKey::Block(_)));
    match (node.uses(), &node.prompt) {
        (Some(_), Some(_)) => {
            let message = "a node has a loop or a prompt of its own, not both";
            report_twice(location, "prompt", message);
        }
        (None, None) if !is_block && node.pipeline.is_none() => {
            let message = "the node has neither a loop nor a prompt";
            let problem = location.here(LintCode::NoPrompt, message);
            location.report(problem.hint("add `loop: <name>` or `prompt: |`"));
        }
        _ => {}
    }
}

fn report_twice(location: &Location<'_>, key: &str, message: &str) {
    let problem = location.at_key(key, LintCode::Twice, message);
    location.report(problem.hint("keep one of the two"));
}
