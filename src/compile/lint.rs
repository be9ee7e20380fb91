//! Lints definitions that parse but are probably mistakes.
use super::definition::{LoopDef, NodeDef, ParallelKey, PipelineDef};
use super::diagnostics::{Document, LintCode, Location, Path};
use super::legacy;
use super::node_shape::siblings;
use crate::plan::Node;
use crate::plan::template;

/// The most nodes of a pipeline: more are a mistake, and would produce unreadable output.
const MAX_NODES: usize = 1000;
/// Lints a loop on its own.
pub(super) fn loop_(document: &Document, def: &LoopDef, found_as: &str) {
    let location = Location::top(document);
    if let Some(name) = def.name.as_deref().filter(|name| *name != found_as) {
        let problem = location.at(
            "name",
            LintCode::OtherName,
            format!("the loop's `name` is `{name}`, but its folder is `{found_as}`"),
        );
        location.report(
            problem
                .hint("the folder's name is the one that counts")
                .warning(),
        );
    }
    legacy::of_loop(document, def);
}

/// Lints a pipeline apart from its single nodes. Returns whether those should be compiled.
pub(super) fn pipeline(document: &Document, def: &PipelineDef) -> bool {
    let location = Location::top(document);
    if def.nodes.is_some() && def.stages.is_some() {
        document.report(
            location
                .at_key(
                    "stages",
                    LintCode::Twice,
                    "`nodes` and `stages` mean the same",
                )
                .hint("keep one of the two"),
        );
    }
    let (key, nodes) = def.nodes();
    let count = nodes.iter().map(agents).fold(0, usize::saturating_add);
    if !not_too_many(&location, key, count) {
        return false;
    }
    if nodes.is_empty() {
        document.report(
            location
                .here(LintCode::NoNodes, "the pipeline has no nodes")
                .hint("add `nodes:` with at least one `- id: …` and its `loop: …`"),
        );
    }
    siblings(&location.to(key), nodes);
    legacy::of_pipeline(document, def);
    true
}

/// Returns whether a pipeline may have so many nodes, and reports it if not.
pub(super) fn not_too_many(location: &Location<'_>, key: &str, count: usize) -> bool {
    if MAX_NODES < count {
        let problem = location.at(
            key,
            LintCode::TooMany,
            format!("the pipeline has {count} nodes, at most {MAX_NODES}"),
        );
        location
            .report(problem.hint("let one node run many iterations, or make several pipelines"));
    }
    count <= MAX_NODES
}

/// Returns one, or of a block the number of nodes in all its branches.
fn agents(node: &NodeDef) -> usize {
    match &node.parallel {
        Some(ParallelKey::Block(block)) => {
            block.providers.len().saturating_mul(block.stages().1.len())
        }
        Some(ParallelKey::Hint(_)) | None => 1,
    }
}

/// Warns about a prompt that does not ask for a status, and a termination that cannot be reached.
pub(super) fn node(location: &Location<'_>, prompt: Option<&Document>, node: &Node) {
    let names: Vec<_> = template::variables(&node.prompt)
        .iter()
        .map(|variable| variable.name)
        .collect();
    if !names
        .iter()
        .any(|name| ["STATUS", "CTX", "RESULT"].contains(name))
    {
        let message = "the prompt never names `${STATUS}`, so its agents cannot report a result";
        let problem = prompt.map_or_else(
            || location.at("prompt", LintCode::NoStatus, message),
            |text| text.spanning(0..0, &Path::default(), LintCode::NoStatus, message),
        );
        location.report(
            problem
                .hint("end it with: write your decision as JSON to `${STATUS}`")
                .warning(),
        );
    }
    for unreachable in node.termination.unreachable(node.max_iterations) {
        location.report(
            location
                .here(LintCode::NeverAgrees, unreachable.reason)
                .hint(unreachable.hint)
                .warning(),
        );
    }
}
