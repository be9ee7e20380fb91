//! The state of one compilation.
use super::compiled_step::CompiledPipeline;
use super::diagnostics::{Diagnostics, Document, SourceText};
use super::loaded_loop::LoadedLoop;
use super::overrides::Overrides;
use super::project_config::ProjectConfig;
use super::sources::{Request, Sources};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

#[derive(Debug)]
pub(super) struct Compiler<'a> {
    pub(super) sources: &'a Sources,
    pub(super) request: &'a Request,
    pub(super) overrides: &'a Overrides,
    pub(super) diagnostics: Diagnostics,
    /// The settings of the project, if it has any.
    pub(super) project: Option<ProjectConfig>,
    /// Loops read so far, by name; `None` for one that cannot be used.
    pub(super) loops: RefCell<BTreeMap<String, Option<Rc<LoadedLoop>>>>,
    /// Pipelines compiled so far, by name; `None` for one that cannot be used.
    pub(super) pipelines: RefCell<BTreeMap<String, Option<Rc<CompiledPipeline>>>>,
    /// Names of the pipelines being compiled, each within the one before it.
    pub(super) stack: RefCell<Vec<String>>,
}

impl<'a> Compiler<'a> {
    pub(super) fn new(
        sources: &'a Sources,
        request: &'a Request,
        overrides: &'a Overrides,
    ) -> Self {
        let diagnostics = Diagnostics::default();
        Self {
            project: ProjectConfig::read(&overrides.user_limits.project, &diagnostics),
            sources,
            request,
            overrides,
            diagnostics,
            loops: RefCell::default(),
            pipelines: RefCell::default(),
            stack: RefCell::new(vec![sources.name().to_owned()]),
        }
    }

    /// Opens a text that reports to this compilation.
    pub(super) fn document(&self, text: &SourceText) -> Document {
        Document::new(&text.file, &text.text, &self.diagnostics)
    }
}
