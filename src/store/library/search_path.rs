//! A folder in which definitions are looked up.
use super::folder::Folder;
use super::found::{DEFINITIONS, Found};
use crate::plan::{Origin, PlanKind};

/// One folder of the lookup order.
pub(super) struct SearchPath {
    pub(super) origin: Origin,
    pub(super) folder: Folder,
}

impl SearchPath {
    /// Lists the names of the definitions in the folder.
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

    /// Finds a definition by its name.
    pub(super) fn definition(&self, kind: PlanKind, name: &str) -> Option<Found> {
        let (folder, files) = match kind {
            PlanKind::Loop => (self.folder.enter(name)?, DEFINITIONS.map(String::from)),
            PlanKind::Pipeline => (
                self.folder.clone(),
                [format!("{name}.yaml"), format!("{name}.yml")],
            ),
        };
        let file = files.into_iter().find(|file| folder.has(file))?;
        Some(Found {
            kind,
            name: name.to_owned(),
            origin: self.origin,
            folder,
            file,
        })
    }
}
