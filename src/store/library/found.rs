//! The file of a definition, before it is read.
use super::folder::Folder;
use crate::compile::{SourceText, Unreadable};
use crate::plan::{Origin, PlanKind};
use camino::Utf8Path;

/// The size limit of a definition.
pub(super) const LARGEST_YAML: u64 = 1 << 20;
/// The file names of a loop's definition: the current one and the former one.
pub(super) const DEFINITIONS: [&str; 2] = ["loop.yaml", "stage.yaml"];

/// A definition's file, its folder and the name it is found by.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) kind: PlanKind,
    pub(super) name: String,
    pub(super) origin: Origin,
    pub(super) folder: Folder,
    pub(super) file: String,
}

impl Found {
    /// Finds the definition a path leads to.
    pub(super) fn at_path(kind: PlanKind, path: &str) -> Option<Self> {
        let path = camino::absolute_utf8(path).ok()?;
        let definition = match kind {
            PlanKind::Loop if path.is_dir() => DEFINITIONS
                .iter()
                .map(|file| path.join(file))
                .find(|file| file.is_file())?,
            PlanKind::Loop | PlanKind::Pipeline => path.is_file().then_some(path)?,
        };
        // `ap loop .` is named after the current folder.
        let named_by = match kind {
            PlanKind::Loop => definition.canonicalize_utf8().ok()?.parent()?.to_owned(),
            PlanKind::Pipeline => definition.clone(),
        };
        Some(Self {
            kind,
            name: named_by.file_stem()?.to_owned(),
            origin: Origin::File,
            folder: Folder::Disk(definition.parent()?.to_owned()),
            file: definition.file_name()?.to_owned(),
        })
    }

    /// Returns the file's path for messages.
    pub(super) fn path(&self, project: &Utf8Path) -> String {
        self.folder.shown(&self.file, project)
    }

    /// Reads the definition; `None` if the file no longer exists.
    pub(super) fn read(&self, project: &Utf8Path) -> Option<Result<SourceText, Unreadable>> {
        let read = self.folder.read(&self.file, LARGEST_YAML).transpose()?;
        Some(read.map(|text| SourceText {
            file: self.path(project),
            text,
        }))
    }
}
