//! A loop whose definition and prompt have been read.
use super::definition::LoopDef;
use super::diagnostics::Document;

#[derive(Debug)]
pub(super) struct LoadedLoop {
    /// The name it was found under.
    pub(super) name: String,
    pub(super) document: Document,
    pub(super) def: LoopDef,
    /// Its prompt; `None` if it cannot be read, which has been reported.
    pub(super) prompt: Option<Document>,
}
