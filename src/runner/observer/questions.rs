//! Keeps `HUMAN_NEEDED.md` up to date with what a session asks.
use crate::engine::State;
use crate::model::{NodeId, QuestionId};
use crate::store::layout::{Project, UserDirs};
use crate::store::observer::{Fact, Observer, Reaction};
use crate::store::session::Session;
use crate::ui::human_needed;
use std::io;

/// Updates the file whenever a session opens or closes a question.
pub(in crate::runner) struct QuestionWriter {
    project: Project,
    dirs: UserDirs,
    open: Vec<(Option<NodeId>, QuestionId)>,
}

impl QuestionWriter {
    /// Returns the writer of a session, and puts the file right that the last runner left.
    pub(in crate::runner) fn new(project: &Project, dirs: &UserDirs, session: &Session) -> Self {
        let writer = Self {
            project: project.clone(),
            dirs: dirs.clone(),
            open: open(session.state()),
        };
        if !writer.open.is_empty() || human_needed::is_there(project) {
            human_needed::update(project, dirs);
        }
        writer
    }
}

impl Observer for QuestionWriter {
    fn observe(&mut self, fact: &Fact<'_>) -> io::Result<Reaction> {
        let open = open(fact.state);
        if open != self.open {
            self.open = open;
            human_needed::update(&self.project, &self.dirs);
        }
        Ok(Reaction::Transient)
    }
}

fn open(state: &State) -> Vec<(Option<NodeId>, QuestionId)> {
    let open = state.open_questions();
    open.map(|(branch, question)| (branch.cloned(), question.id))
        .collect()
}
