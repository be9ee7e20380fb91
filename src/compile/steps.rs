//! Compiles the nodes of a pipeline into the steps of its plan, in order.
use super::block;
use super::compiled_step::CompiledStep;
use super::compiler::Compiler;
use super::definition::{NodeDef, ParallelKey, PipelineDef};
use super::diagnostics::{Document, Location};
use super::lint;
use super::node;
use super::node_context::NodeContext;
use super::prior::PriorBlock;
use super::prior_blocks::prior_blocks;
use super::problem_limit;
use super::scope::Scope;
use super::subpipeline;
use crate::model::NodeId;
use crate::plan::Step;
use std::collections::BTreeMap;

/// The steps compiled so far, and what later nodes may refer to.
struct Progress {
    steps: Vec<CompiledStep>,
    /// Ids of the nodes so far.
    earlier: Vec<String>,
    blocks: Vec<PriorBlock>,
    /// The last step of each pipeline within this one, by the id of its node.
    last_steps: BTreeMap<String, NodeId>,
    complete: bool,
}

/// Returns the steps of a pipeline; `None` if any of its nodes cannot be compiled, which has been reported.
pub(super) fn compile_steps(
    compiler: &Compiler<'_>,
    document: &Document,
    def: &PipelineDef,
) -> Option<Vec<CompiledStep>> {
    let (key, nodes) = def.nodes();
    let (top, location) = (Location::top(document), Location::top(document).to(key));
    let names: Vec<String> = nodes.iter().map(|def| def.node_name().to_owned()).collect();
    let mut progress = Progress {
        steps: Vec::new(),
        earlier: Vec::new(),
        blocks: Vec::new(),
        last_steps: BTreeMap::new(),
        complete: !nodes.is_empty(),
    };
    for (index, node) in nodes.iter().enumerate() {
        if problem_limit::too_many_reported(&compiler.diagnostics) {
            problem_limit::report_unread_nodes(document);
            return None;
        }
        let scope = Scope {
            earlier: Some(&progress.earlier),
            later: &names[index..],
            perspectives: node.perspectives.is_some(),
            blocks: &progress.blocks,
            ..Scope::ALONE
        };
        let ctx = NodeContext {
            compiler,
            location: location.item(index),
            pipeline: Some((document, def)),
            scope,
            branch: None,
        };
        let compiled = compile_node(&ctx, node);
        progress.add(&location.item(index), node, compiled);
        if !lint::not_too_many(&top, key, progress.node_count()) {
            return None;
        }
    }
    progress.complete.then_some(progress.steps)
}

impl Progress {
    fn add(
        &mut self,
        location: &Location<'_>,
        def: &NodeDef,
        mut compiled: Option<Vec<CompiledStep>>,
    ) {
        for (step, _) in compiled.iter_mut().flatten() {
            // A reference to a pipeline within this one means its last node.
            subpipeline::rename_references(step, &self.last_steps);
        }
        self.blocks
            .extend(prior_blocks(location, def, compiled.as_deref()));
        self.complete &= compiled.is_some();
        let compiled = compiled.unwrap_or_default();
        let name = def.node_name().to_owned();
        self.earlier.push(name.clone());
        if def.pipeline.is_some() {
            self.earlier
                .extend(compiled.iter().map(|(step, _)| step.id().to_string()));
            self.last_steps
                .extend(compiled.last().map(|(last, _)| (name, last.id().clone())));
        }
        self.steps.extend(compiled);
    }

    fn node_count(&self) -> usize {
        self.steps
            .iter()
            .flat_map(|(step, _)| step.all_nodes())
            .count()
    }
}

/// Compiles one node of a pipeline, which may be a node, a block or another pipeline.
fn compile_node(ctx: &NodeContext<'_>, def: &NodeDef) -> Option<Vec<CompiledStep>> {
    if let Some(name) = &def.pipeline {
        return subpipeline::compile(ctx, def, name);
    }
    if matches!(def.parallel, Some(ParallelKey::Block(_))) {
        let (block, origins) = block::compile(ctx, def)?;
        return Some(vec![(Step::Block(block), origins)]);
    }
    let (node, origins) = node::compile(ctx, def)?;
    Some(vec![(Step::Node(Box::new(node)), origins)])
}
