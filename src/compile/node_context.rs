//! The context of a node while it is compiled.
use super::compiler::Compiler;
use super::definition::{LoopDef, NodeDef, PipelineDef, TerminationDef};
use super::diagnostics::{Document, Location};
use super::layer::Layer;
use super::scope::Scope;

#[derive(Debug)]
pub(super) struct NodeContext<'a> {
    pub(super) compiler: &'a Compiler<'a>,
    /// Where the node is written.
    pub(super) location: Location<'a>,
    pub(super) pipeline: Option<(&'a Document, &'a PipelineDef)>,
    pub(super) scope: Scope<'a>,
    /// The settings of a parallel block's provider, over those of its stages.
    pub(super) branch: Option<Layer<'a>>,
}

impl NodeContext<'_> {
    /// Whether the judge named by the environment applies, because no definition names one.
    pub(super) fn default_judge_applies(&self, def: &NodeDef, loop_def: Option<&LoopDef>) -> bool {
        let overrides = self.compiler.overrides;
        let set = overrides.judge_provider.is_some() || overrides.judge_model.is_some();
        let in_node = def.ends().map(|(_, ends)| ends);
        let in_loop = loop_def.and_then(|def| def.termination.as_ref());
        set && !in_node
            .into_iter()
            .chain(in_loop)
            .any(TerminationDef::names_judge)
    }
}
