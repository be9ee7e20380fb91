//! Where a session's state is kept, and where its agents work.
use crate::store::layout::{Project, RunDir};
use camino::Utf8PathBuf;

/// The two folders of a session. They are equal unless agents work in a copy of the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Run directories and locks are kept below it.
    pub store_root: Project,
    /// Agents, gates and queue programs run in it.
    pub cwd: Utf8PathBuf,
}

impl Workspace {
    /// Returns a workspace whose agents work where the state is kept.
    pub fn in_place(project: Project) -> Self {
        Self {
            cwd: project.root().to_owned(),
            store_root: project,
        }
    }

    /// Returns the folder for what agents write that may not be below `.claude/`. Agents that are confined to their
    /// working directory can write to it.
    pub fn writable_dir(&self, run: &RunDir) -> Utf8PathBuf {
        Project::new(self.cwd.clone()).exchange(run)
    }
}
