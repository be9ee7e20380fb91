//! A folder in which definitions are looked up.
use super::DEFINITIONS;
use super::folder::Folder;
use crate::plan::{Origin, PlanKind};

/// One folder of the lookup order.
pub(super) struct SearchPath {
    pub(super) origin: Origin,
    pub(super) folder: Folder,
}

/// A definition's file and its folder.
pub(super) struct Found {
    pub(super) folder: Folder,
    pub(super) file: String,
}

impl SearchPath {
    pub(super) fn names(&self, kind: PlanKind) -> Vec<String> {
        let names = self
            .folder
            .entries()
            .into_iter()
            .filter_map(|name| match kind {
                PlanKind::Loop => Some(name),
                PlanKind::Pipeline => Some(
                    name.strip_suffix(".yaml")
                        .or_else(|| name.strip_suffix(".yml"))?
                        .to_owned(),
                ),
            });
        names
            .filter(|name| self.definition(kind, name).is_some())
            .collect()
    }

    pub(super) fn definition(&self, kind: PlanKind, name: &str) -> Option<Found> {
        let (folder, files) = match kind {
            PlanKind::Loop => (self.folder.enter(name)?, DEFINITIONS.map(String::from)),
            PlanKind::Pipeline => (
                self.folder.clone(),
                [format!("{name}.yaml"), format!("{name}.yml")],
            ),
        };
        files
            .into_iter()
            .find(|file| folder.has(file))
            .map(|file| Found { folder, file })
    }
}
