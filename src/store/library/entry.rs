//! A loop or pipeline as found: readable or not.
use super::found::Found;
use crate::compile::{LintCode, SourceText, Sources, Unreadable};
use crate::error::Result;
use crate::plan::{Origin, PlanKind};
use camino::Utf8Path;

/// One loop or pipeline, as found.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The name it is run by.
    pub name: String,
    /// Loop or pipeline.
    pub kind: PlanKind,
    /// Where it was found.
    pub origin: Origin,
    /// Its texts, or why they cannot be read.
    pub sources: Result<Sources, Unreadable>,
    /// The file, or `builtin:<path>`.
    pub path: String,
}

impl Entry {
    /// Whether it is only a folder that would be a loop if it had a definition.
    pub fn lacks_definition(&self) -> bool {
        matches!(
            &self.sources,
            Err(Unreadable {
                code: LintCode::NoDefinition,
                ..
            })
        )
    }

    /// Reads a definition; `complete` adds the texts it uses. `None` if the file no longer exists.
    pub(super) fn read(
        found: Found,
        project: &Utf8Path,
        complete: impl FnOnce(&Found, SourceText) -> Sources,
    ) -> Option<Self> {
        let path = found.path(project);
        let sources = found
            .read(project)?
            .map_err(|why| why.in_file(path.clone()))
            .map(|definition| complete(&found, definition));
        Some(Self {
            name: found.name,
            kind: found.kind,
            origin: found.origin,
            sources,
            path,
        })
    }
}
