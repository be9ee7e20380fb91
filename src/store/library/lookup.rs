//! The folders definitions come from, in lookup order.
use super::builtin;
use super::folder::Folder;
use super::found::Found;
use super::search_path::SearchPath;
use crate::model::NodeId;
use crate::plan::{BACKLOGS, Origin, PlanKind};
use camino::{Utf8Path, Utf8PathBuf};

/// The folders of a project that hold definitions: the current one, and that of the older agent-pipelines.
const PROJECT_FOLDERS: [&str; 2] = [".claude", "scripts"];

/// Every folder a definition may come from.
#[derive(Clone, Debug)]
pub struct Library {
    pub(super) project: Utf8PathBuf,
    pub(super) user: Utf8PathBuf,
    /// A folder of loops beside the user's own.
    stages: Option<Utf8PathBuf>,
}

impl Library {
    /// `project` is the project's directory, `user` the user's configuration directory.
    pub fn new(project: &Utf8Path, user: &Utf8Path) -> Self {
        Self {
            project: project.to_owned(),
            user: user.to_owned(),
            stages: None,
        }
    }

    /// Adds a folder of loops that precedes the built-in ones.
    #[must_use]
    pub fn with_stages(self, stages: Option<Utf8PathBuf>) -> Self {
        Self { stages, ..self }
    }

    /// Returns the project's first default backlog.
    pub fn backlog(&self) -> Option<Utf8PathBuf> {
        BACKLOGS
            .iter()
            .map(|file| self.project.join(file))
            .find(|path| path.is_file())
    }

    /// Returns the folders in lookup order.
    pub(super) fn search_paths(&self, kind: PlanKind) -> Vec<SearchPath> {
        let names: &[&str] = match kind {
            PlanKind::Loop => &["loops", "stages"],
            PlanKind::Pipeline => &["pipelines"],
        };
        let stages = &self.stages;
        let project = PROJECT_FOLDERS.into_iter().flat_map(|folder| {
            let folder = self.project.join(folder);
            names
                .iter()
                .map(move |name| (Origin::Project, folder.join(name)))
        });
        let user = names
            .iter()
            .map(|name| (Origin::User, self.user.join(name)));
        let stages = stages.iter().filter(|_| kind == PlanKind::Loop);
        let stages = stages.map(|folder| (Origin::User, folder.clone()));
        let on_disk = project.chain(user).chain(stages);
        let on_disk = on_disk.map(|(origin, folder)| SearchPath {
            origin,
            folder: Folder::Disk(folder),
        });
        let built_in = SearchPath {
            origin: Origin::BuiltIn,
            folder: Folder::BuiltIn(builtin::definitions(kind)),
        };
        on_disk.chain([built_in]).collect()
    }

    /// Lists the names of all definitions of a kind, sorted.
    pub(super) fn names(&self, kind: PlanKind) -> Vec<String> {
        let paths = self.search_paths(kind);
        let mut names: Vec<String> = paths.iter().flat_map(|path| path.names(kind)).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Finds a definition's file by its name.
    pub(super) fn file(&self, kind: PlanKind, name: &str) -> Option<Found> {
        // A name is joined to paths, so it must not be able to leave them.
        name.parse::<NodeId>().ok()?;
        let paths = self.search_paths(kind);
        paths.iter().find_map(|path| path.definition(kind, name))
    }
}
