//! Records a fact in the state.
use super::event::{Change, Event};
use super::project::Project;
use super::session::Seen;
use super::state::{FleetPause, State, Supervisor};
use super::status::{Order, ProjectStatus, Wait};
use crate::model::ProjectId;
use jiff::Timestamp;
use std::mem::discriminant;

impl State {
    /// Records a fact. The only writer of the state.
    pub fn apply(&mut self, event: &Event, at: Timestamp) {
        match event {
            Event::SupervisorStarted {
                process, version, ..
            } => {
                self.stopping = None;
                self.supervisor = Some(Supervisor {
                    process: process.clone(),
                    version: version.clone(),
                    started_at: at,
                });
            }
            Event::StopRequested { how, .. } => self.stopping = Some(*how),
            Event::SupervisorStopped => (self.supervisor, self.stopping) = (None, None),
            Event::DesiredChanged(desired) => self.desired = Some(desired.clone()),
            Event::FleetPaused { by, until } => {
                self.pause = Some(FleetPause {
                    by: by.clone(),
                    since: at,
                    until: *until,
                });
            }
            Event::FleetContinued { .. } => self.pause = None,
            Event::ProjectRegistered(registration) => {
                let project = Project::new(registration, at);
                self.projects.insert(registration.project.clone(), project);
            }
            Event::ProjectRemoved { project } => drop(self.projects.remove(project)),
            Event::ProjectMoved { project, root } => {
                self.change(project, |project| project.root.clone_from(root));
            }
            Event::ProjectWeighted { project, weight } => {
                self.change(project, |project| project.weight = (*weight).max(1));
            }
            Event::SliceGiven {
                project,
                generation,
            } => {
                self.generation = *generation;
                self.change(project, |project| project.begin_slice(*generation, at));
            }
            Event::Progressed { project, seen } => {
                self.change(project, |project| project.progress(seen, at));
            }
            Event::StatusChanged { project, change } => {
                self.change(project, |project| project.change_status(change, at));
            }
            Event::RoomRequested { .. } => self.room_requested_at = Some(at),
            Event::RoomMade { .. } => {}
        }
        self.updated_at = Some(at);
    }

    fn change(&mut self, id: &ProjectId, change: impl FnOnce(&mut Project)) {
        if let Some(project) = self.projects.get_mut(id) {
            change(project);
        }
    }
}

impl Project {
    fn begin_slice(&mut self, generation: u64, at: Timestamp) {
        self.slice = generation;
        self.slice_from = self.seen.iterations;
        let status = ProjectStatus::Running {
            slice: Some(generation),
            order: Order::Work,
        };
        self.set_status(status, at);
    }

    pub(super) fn progress(&mut self, seen: &Seen, at: Timestamp) {
        let before = std::mem::replace(&mut self.seen, seen.clone());
        let is_same_run = before.run == seen.run;
        if !is_same_run {
            self.slice_from = 0;
        }
        if before.succeeded != seen.succeeded && (is_same_run || 0 < seen.succeeded) {
            self.recoveries.clear();
        }
        if before.iterations != seen.iterations {
            self.progressed_at = Some(at);
        }
    }

    fn change_status(&mut self, change: &Change, at: Timestamp) {
        if let Some(seen) = &change.seen {
            self.progress(seen, at);
        }
        match &change.status {
            ProjectStatus::Waiting {
                reason: Wait::Recovery { .. },
                ..
            } => self.add_recovery(at),
            ProjectStatus::Blocked { question } => self.questions = question.id,
            // You have seen its failures.
            ProjectStatus::Due { asked: true } => self.recoveries.clear(),
            _ => {}
        }
        self.set_status(change.status.clone(), at);
    }

    fn set_status(&mut self, status: ProjectStatus, at: Timestamp) {
        let is_same = discriminant(&self.status) == discriminant(&status);
        if !is_same {
            if let ProjectStatus::Running { .. } = self.status {
                let ran = at.duration_since(self.since).as_millis();
                self.ran_ms += i64::try_from(ran).unwrap_or(0).max(0);
            }
            self.since = at;
        }
        self.status = status;
    }
}
