//! Makes what should be in flight so.
use super::digest::{APPEARS, digest, has_requests, run_dir, wait_for_end};
use super::launch::{Launch, StartMode};
use super::messages::{LaunchFailure, Message};
use super::run::Supervisor;
use crate::clock;
use crate::fleet::{
    Activity, Effect, Input, LaunchProblem, ProjectStatus, SessionDigest, SessionEnd,
};
use crate::model::ProjectId;
use crate::store::layout::Project;
use crate::store::registry::RegisteredProject;
use crate::store::stamp::Stamp;
use std::time::{Duration, Instant};

impl Supervisor {
    /// Makes what should be in flight so. Returns whether anything was recorded by that.
    pub(super) fn reconcile(&mut self) -> bool {
        let effects = self.state().pending(&self.config);
        self.wake_at = None;
        let mut looks = std::mem::take(&mut self.looks);
        let mut changed = false;
        for effect in effects {
            match effect {
                Effect::RunSlice {
                    project,
                    generation,
                } => changed |= self.run_slice(&project, generation),
                Effect::AskToYield {
                    project,
                    generation,
                } => changed |= self.end_slice(&project, generation, false),
                Effect::StopSlice {
                    project,
                    generation,
                } => changed |= self.end_slice(&project, generation, true),
                Effect::WatchRunner { project } => changed |= self.watch_runner(&project),
                Effect::Look { project, every } => {
                    let every = Duration::try_from(every).unwrap_or(Duration::from_secs(300));
                    let at = looks.remove(&project);
                    let at = at.unwrap_or_else(|| Instant::now() + every);
                    self.looks.insert(project, at);
                }
                Effect::WaitUntil(at) => self.wake_at = Some(at),
            }
        }
        changed
    }

    fn registered(&self, project: &ProjectId) -> Option<RegisteredProject> {
        self.registry.by_id(project).cloned()
    }

    fn is_current(&self, project: &ProjectId, generation: u64) -> bool {
        let known = self.state().projects.get(project);
        known.is_some_and(|it| it.status.slice() == Some(generation))
    }

    fn run_slice(&mut self, id: &ProjectId, generation: u64) -> bool {
        // What is not launched before a hand-over, the next supervisor launches.
        if self.running.contains(id) || self.successor.is_some() {
            return false;
        }
        if let Some((launched, _)) = self.launching.get(id)
            && *launched == generation
        {
            return false;
        }
        let Some(project) = self.registered(id) else {
            return false;
        };
        let Some(digest) = self.look(&project, false) else {
            return self.is_current(id, generation)
                && self.launch_failed(
                    id,
                    generation,
                    LaunchProblem::Passes,
                    "its session cannot be read",
                );
        };
        if !self.is_current(id, generation) {
            return true;
        }
        if digest.alive {
            self.watch_end(&project);
            return false;
        }
        self.launch(project, generation, mode(&digest));
        false
    }

    fn launch(&mut self, project: RegisteredProject, generation: u64, mode: StartMode) {
        let id = project.id.clone();
        tracing::info!(project = %id, generation, ?mode, "slice given");
        let launch = Launch {
            store: Project::new(project.root.clone()).with_state(&self.dirs.state),
            project,
            generation,
            mode,
            exe: self.env.exe.clone(),
            env: self.env.vars.clone(),
            min_free: self.env.min_free,
        };
        match launch.start(self.sender.clone()) {
            Ok(launching) => drop(self.launching.insert(id, (generation, launching))),
            Err(error) => {
                let problem = LaunchProblem::Passes;
                self.launch_failed(&id, generation, problem, &error.to_string());
            }
        }
    }

    /// Forgets a launch that is over, unless another one of the project is under way.
    pub(super) fn launch_over(&mut self, id: &ProjectId, generation: u64) {
        let launching = self.launching.get(id);
        if launching.is_some_and(|(launched, _)| *launched == generation) {
            self.launching.remove(id);
        }
    }

    /// The process that was to start a runner has ended: the session shows what became of it.
    pub(super) fn launched(
        &mut self,
        id: &ProjectId,
        generation: u64,
        result: Result<(), LaunchFailure>,
    ) {
        self.launch_over(id, generation);
        let Some(project) = self.registered(id) else {
            return;
        };
        let digest = self.look(&project, result.is_err());
        if !self.is_current(id, generation) {
            return;
        }
        match (digest, result) {
            (Some(digest), _) if digest.alive => self.watch_end(&project),
            (Some(digest), Ok(())) if is_complete(&digest) => {
                self.launch_failed(id, generation, LaunchProblem::NothingToDo, "");
            }
            (_, Ok(())) => {
                let error = "its runner ended before it recorded its start";
                self.launch_failed(id, generation, LaunchProblem::Passes, error);
            }
            (_, Err(failure)) => {
                self.launch_failed(id, generation, failure.problem, &failure.error);
            }
        }
    }

    fn launch_failed(
        &mut self,
        project: &ProjectId,
        generation: u64,
        problem: LaunchProblem,
        error: &str,
    ) -> bool {
        self.accept(&Input::LaunchFailed {
            project: project.clone(),
            generation,
            problem,
            error: error.to_owned(),
        })
    }

    /// A runner that was started is asked to end; one that was not is not started.
    fn end_slice(&mut self, id: &ProjectId, generation: u64, now: bool) -> bool {
        if self.launching.contains_key(id) {
            return false;
        }
        let Some(project) = self.registered(id) else {
            return false;
        };
        if !self.running.contains(id) {
            let alive = self
                .look(&project, false)
                .is_some_and(|digest| digest.alive);
            if !self.is_current(id, generation) {
                return true;
            }
            if !alive {
                return self.accept(&Input::NotLaunched {
                    project: id.clone(),
                    generation,
                });
            }
            self.watch_end(&project);
        }
        self.ask_to_end(&project, generation, now);
        false
    }

    fn watch_runner(&mut self, id: &ProjectId) -> bool {
        if self.running.contains(id) {
            return false;
        }
        let Some(project) = self.registered(id) else {
            return false;
        };
        let before = self.state().projects.get(id).cloned();
        if self
            .look(&project, false)
            .is_some_and(|digest| digest.alive)
        {
            self.watch_end(&project);
        }
        before.as_ref() != self.state().projects.get(id)
    }

    /// Has a thread wait for the end of a project's runner.
    fn watch_end(&mut self, project: &RegisteredProject) {
        if !self.running.insert(project.id.clone()) {
            return;
        }
        let (id, sender) = (project.id.clone(), self.sender.clone());
        let dir = run_dir(project, &self.dirs.state);
        let waits = move || {
            let journal = dir.journal();
            clock::wait_until(APPEARS, || journal.exists());
            let _ = wait_for_end(&dir);
            let _ = sender.send(Message::RunnerGone(id));
        };
        if let Err(error) = std::thread::Builder::new()
            .name("runner's end".to_owned())
            .spawn(waits)
        {
            tracing::warn!(%error, project = %project.id, "a runner's end cannot be waited for");
            self.running.remove(&project.id);
        }
    }

    pub(super) fn runner_gone(&mut self, id: &ProjectId) {
        self.running.remove(id);
        self.asked.remove(id);
        if let Some(project) = self.registered(id) {
            self.look(&project, true);
        }
    }

    /// Looks at a session, and records what that means. `None`, if it cannot be read.
    pub(super) fn look(
        &mut self,
        project: &RegisteredProject,
        is_over: bool,
    ) -> Option<SessionDigest> {
        self.log.changed(&project.id);
        let dir = run_dir(project, &self.dirs.state);
        self.stamps
            .insert(project.id.clone(), Stamp::of(&dir.journal()));
        let digest = match digest(&dir, is_over) {
            Ok(digest) => digest,
            Err(error) => {
                tracing::warn!(%error, project = %project.id, "its session cannot be read");
                return None;
            }
        };
        self.accept(&Input::Session {
            project: project.id.clone(),
            digest: digest.clone(),
        });
        if !digest.alive && has_requests(&dir) {
            let project = project.id.clone();
            self.accept(&Input::RequestWaits { project });
        }
        Some(digest)
    }

    /// Looks at the sessions whose journals changed without a word, as those of runners that you started, and at those
    /// for which something was left while no runner works on them.
    pub(super) fn look_at_changed_sessions(&mut self) {
        for project in self.registry.projects.clone() {
            let dir = run_dir(&project, &self.dirs.state);
            let is_as_it_was = self.stamps.get(&project.id) == Some(&Stamp::of(&dir.journal()));
            if !is_as_it_was || (!self.runs(&project.id) && has_requests(&dir)) {
                self.look(&project, false);
            }
        }
    }

    fn runs(&self, project: &ProjectId) -> bool {
        let known = self.state().projects.get(project);
        known.is_some_and(|it| matches!(it.status, ProjectStatus::Running { .. }))
    }

    /// Looks at the projects whose time has come.
    pub(super) fn look_at_due_projects(&mut self, now: Instant) {
        let due: Vec<ProjectId> = self
            .looks
            .iter()
            .filter(|(_, at)| **at <= now)
            .map(|(id, _)| id.clone())
            .collect();
        for id in due {
            self.looks.remove(&id);
            let Some(project) = self.registered(&id) else {
                continue;
            };
            let Some(under_way) = self.looks_under_way.begin(&id) else {
                continue;
            };
            let (sender, min_free) = (self.sender.clone(), self.env.min_free);
            let store = Project::new(project.root.clone()).with_state(&self.dirs.state);
            let look = move || {
                let fitness = super::fitness::look_closely(&project, &store, min_free);
                drop(under_way);
                let _ = sender.send(Message::Looked(project.id, fitness));
            };
            if let Err(error) = std::thread::Builder::new()
                .name("look".to_owned())
                .spawn(look)
            {
                tracing::warn!(%error, project = %id, "it cannot be looked at");
            }
        }
    }
}

fn is_complete(digest: &SessionDigest) -> bool {
    matches!(digest.activity, Activity::Ended(SessionEnd::Complete))
}

fn mode(digest: &SessionDigest) -> StartMode {
    match &digest.activity {
        Activity::New => StartMode::New,
        Activity::Ended(SessionEnd::Complete) => StartMode::Again,
        _ => StartMode::Resume,
    }
}
