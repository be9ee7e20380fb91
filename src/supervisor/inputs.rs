//! What others leave for the supervisor: requests, the registry, what you want of it, and sessions that changed.
use super::run::Supervisor;
use crate::exec::process;
use crate::fleet::{FleetRequest, Input};
use crate::model::ProjectId;
use crate::store::fleet;
use crate::store::registry;
use std::collections::BTreeSet;

impl Supervisor {
    pub(super) fn woken(&mut self, names: &BTreeSet<String>) {
        for name in names {
            match name.as_str() {
                "requests" => self.read_requests(),
                "projects" => self.read_registry(),
                "desired" => self.read_desired(),
                name => {
                    let id = name.parse::<ProjectId>().ok();
                    let project = id.and_then(|id| self.registry.by_id(&id).cloned());
                    if let Some(project) = project {
                        self.look(&project, false);
                    }
                }
            }
        }
    }

    /// Accepts the requests in the inbox. Each is on disk in the journal before it is removed.
    pub(super) fn read_requests(&mut self) {
        self.read_desired();
        let waiting = match fleet::requests(&self.dirs) {
            Ok(waiting) => waiting,
            Err(error) => {
                tracing::warn!(%error, "requests cannot be read");
                return;
            }
        };
        for waiting in waiting {
            tracing::info!(request = ?waiting.request, "request received");
            if let FleetRequest::Stop {
                successor: Some(successor),
                ..
            } = &waiting.request
            {
                if self.successor.is_some() {
                    // The next supervisor reads it.
                    continue;
                }
                // Its own, if the one before was killed before it read it.
                if *successor != process::current() {
                    self.successor = Some(successor.clone());
                }
                if let Err(error) = waiting.done() {
                    tracing::warn!(%error, "a request cannot be removed");
                }
                continue;
            }
            self.accept(&Input::Request(waiting.request.clone()));
            if self.full_until.is_some() {
                return;
            }
            if let Err(error) = waiting.done() {
                tracing::warn!(%error, "a request cannot be removed");
            }
        }
    }

    pub(super) fn read_desired(&mut self) {
        if let Some(desired) = fleet::desired(&self.dirs) {
            self.accept(&Input::Desired(desired));
        }
    }

    /// Reads the projects again. A file that cannot be read changes nothing.
    pub(super) fn read_registry(&mut self) {
        match registry::read(&self.dirs) {
            Ok(registry) => {
                self.registry = registry;
                self.register();
            }
            Err(error) => tracing::error!(%error, "the projects stay as they were"),
        }
    }

    pub(super) fn register(&mut self) {
        self.log.projects(&self.registry.projects);
        for project in self.registry.projects.clone() {
            if self.accept(&Input::Registered(project.registration())) {
                self.look(&project, false);
            }
        }
        let known: Vec<ProjectId> = self.state().projects.keys().cloned().collect();
        for project in known {
            if self.registry.by_id(&project).is_none() {
                self.accept(&Input::Removed { project });
            }
        }
    }
}
