//! Keeps `HUMAN_NEEDED.md` of projects up to date with what the supervisor asks.
use super::run::Supervisor;
use crate::fleet::{Project, ProjectStatus};
use crate::model::ProjectId;
use crate::store::layout;
use crate::ui::human_needed;
use camino::Utf8PathBuf;

fn question(project: Option<&Project>) -> Option<u32> {
    match &project?.status {
        ProjectStatus::Blocked { question } => Some(question.id),
        _ => None,
    }
}

impl Supervisor {
    /// Puts the files right that a supervisor which was killed may have left, in the background.
    pub(super) fn show_questions(&self) {
        let state = self.state();
        let projects: Vec<(bool, Utf8PathBuf)> = self
            .registry
            .projects
            .iter()
            .map(|registered| {
                let asks = question(state.projects.get(&registered.id)).is_some();
                (asks, registered.root.clone())
            })
            .collect();
        let dirs = self.dirs.clone();
        let update = move || {
            for (asks, root) in projects {
                let project = layout::Project::new(root).with_state(&dirs.state);
                if asks || human_needed::is_there(&project) {
                    human_needed::update(&project, &dirs);
                }
            }
        };
        let thread = std::thread::Builder::new().name("questions".to_owned());
        if let Err(error) = thread.spawn(update) {
            tracing::warn!(%error, "HUMAN_NEEDED.md is not updated");
        }
    }

    /// Rewrites the file if a fact opened or closed a question: in a thread of its own, since the project may be on a
    /// file system that hangs.
    pub(super) fn show_question(&self, id: &ProjectId, before: &Project) {
        let after = self.state().projects.get(id);
        if question(after) == question(Some(before)) {
            return;
        }
        let (root, dirs) = (before.root.clone(), self.dirs.clone());
        let update = move || {
            let project = layout::Project::new(root).with_state(&dirs.state);
            human_needed::update(&project, &dirs);
        };
        let thread = std::thread::Builder::new().name("questions".to_owned());
        if let Err(error) = thread.spawn(update) {
            tracing::warn!(%error, project = %id, "HUMAN_NEEDED.md is not updated");
        }
    }
}
