//! What the supervisor does by a steady clock.
use super::backlog::Backlogs;
use super::fitness::{Sweep, does_not_answer};
use super::run::{SWEEP, Supervisor};
use crate::fleet::{Input, ProjectStatus};
use crate::model::ProjectId;
use crate::store::registry::RegisteredProject;
use std::time::Instant;

impl Supervisor {
    /// Does what is due by a steady clock.
    pub(super) fn look_at_clocks(&mut self) {
        let now = Instant::now();
        if let Some((project, next)) = self.sweep.as_ref().and_then(Sweep::hangs) {
            self.does_not_answer(&project, None);
            self.sweep_from(next);
        } else if self.next_sweep <= now {
            self.next_sweep = now + SWEEP;
            // In case a wakeup was lost.
            self.read_registry();
            self.read_requests();
            if self.sweep.is_none() {
                self.sweep_from(0);
            }
        }
        let hanging: Vec<(ProjectId, u64)> = self
            .launching
            .iter()
            .filter(|(_, (_, launching))| launching.hangs())
            .map(|(project, (generation, _))| (project.clone(), *generation))
            .collect();
        for (project, generation) in hanging {
            if let Some((_, launching)) = self.launching.remove(&project) {
                launching.cancel();
            }
            self.does_not_answer(&project, Some(generation));
        }
        self.look_at_due_projects(now);
    }

    /// Has the queues of projects that are done counted.
    pub(super) fn count_backlogs(&self) {
        self.count(|_, status| matches!(status, ProjectStatus::Done { .. }));
    }

    /// Has the queues of projects that are done counted, where it is not known yet from what they grow.
    pub(super) fn count_uncounted(&self) {
        self.count(|_, status| *status == ProjectStatus::Done { open: None });
    }

    /// Has the queues of a project counted that was just done.
    pub(super) fn count_if_done(&self, project: &ProjectId) {
        let done = ProjectStatus::Done { open: None };
        let known = self.state().projects.get(project);
        if known.is_some_and(|it| it.status == done) {
            self.count(|id, _| id == project);
        }
    }

    fn count(&self, is_meant: impl Fn(&ProjectId, &ProjectStatus) -> bool) {
        let is_meant = |project: &&RegisteredProject| {
            let known = self.state().projects.get(&project.id);
            known.is_some_and(|it| is_meant(&project.id, &it.status))
        };
        let projects = self.registry.projects.iter();
        let projects: Vec<_> = projects.filter(is_meant).cloned().collect();
        if projects.is_empty() {
            return;
        }
        let backlogs = Backlogs {
            projects,
            exe: self.env.exe.clone(),
            env: self.env.vars.clone(),
            state: self.dirs.state.clone(),
            counts: self.counts_under_way.clone(),
        };
        if let Err(error) = backlogs.count(self.sender.clone()) {
            tracing::warn!(%error, "queues cannot be counted");
        }
    }

    fn does_not_answer(&mut self, project: &ProjectId, before: Option<u64>) {
        let Some(registered) = self.registry.by_id(project).cloned() else {
            return;
        };
        self.accept(&Input::Looked {
            project: project.clone(),
            before,
            fitness: does_not_answer(&registered),
        });
    }

    fn sweep_from(&mut self, from: usize) {
        let projects: Vec<RegisteredProject> = self.registry.projects.clone();
        let min_free = self.env.min_free;
        let threads = (self.looks_under_way.clone(), self.sender.clone());
        self.sweep = Some(Sweep::start(projects, from, min_free, threads));
    }
}
