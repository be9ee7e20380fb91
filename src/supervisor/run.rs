//! The supervisor's loop.
use super::env::SupervisorEnv;
use super::fitness::Sweep;
use super::launch::Launching;
use super::looks::LooksUnderWay;
use super::messages::{Asked, Message};
use super::post::NoticePost;
use super::service::ServiceManager;
use crate::clock;
use crate::error::{Error, Result};
use crate::exec::process::{self, Liveness};
use crate::fleet::{
    Event, FleetConfig, FleetRequest, Input, Project, State, StopHow, accept, follow,
};
use crate::model::{ProcessId, ProjectId};
use crate::overview::log::LogKeeper;
use crate::store::fleet::{self, FleetStore};
use crate::store::layout::{StateFile, UserDirs};
use crate::store::lock::SessionLock;
use crate::store::registry::Registry;
use crate::store::stamp::Stamp;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

/// How often the loop shows that it lives, at least.
const BEAT: Duration = Duration::from_secs(25);
/// How often all projects are looked at.
pub(super) const SWEEP: Duration = Duration::from_secs(5 * 60);
/// How long nothing is recorded after the journal could not be written.
const DISK_FULL: Duration = Duration::from_secs(60);

/// A running supervisor.
pub(super) struct Supervisor {
    pub(super) dirs: UserDirs,
    pub(super) env: SupervisorEnv,
    pub(super) config: FleetConfig,
    pub(super) store: FleetStore,
    pub(super) registry: Registry,
    pub(super) sender: Sender<Message>,
    pub(super) messages: Receiver<Message>,
    /// Launches under way, with their generations.
    pub(super) launching: BTreeMap<ProjectId, (u64, Launching)>,
    /// Projects whose runner lives and whose end a thread waits for.
    pub(super) running: BTreeSet<ProjectId>,
    /// What runners were asked.
    pub(super) asked: BTreeMap<ProjectId, Asked>,
    /// When projects are to be looked at.
    pub(super) looks: BTreeMap<ProjectId, Instant>,
    /// The journals as they were when last looked at.
    pub(super) stamps: BTreeMap<ProjectId, Option<Stamp>>,
    pub(super) wake_at: Option<Timestamp>,
    pub(super) sweep: Option<Sweep>,
    pub(super) next_sweep: Instant,
    pub(super) beat_at: Instant,
    /// The lock that says which process this is; its file may be deleted by others.
    pub(super) lock: SessionLock,
    /// Until when nothing is recorded, since the journal could not be written.
    pub(super) full_until: Option<Instant>,
    pub(super) service: ServiceManager,
    /// Looks that have not come back, and counts of queues.
    pub(super) looks_under_way: LooksUnderWay,
    pub(super) counts_under_way: LooksUnderWay,
    /// The supervisor that takes over at the next quiet point.
    pub(super) successor: Option<ProcessId>,
    pub(super) notices: NoticePost,
    pub(super) log: LogKeeper,
    /// Whether you were notified of the outage of many that lasts.
    pub(super) outage_reported: bool,
}

impl Supervisor {
    pub(super) fn state(&self) -> &State {
        self.store.state()
    }

    /// Returns the number of the last fact.
    pub(super) fn recorded(&self) -> u64 {
        self.store.seq()
    }

    /// Runs the loop until the supervisor is to end. Returns the process that it hands over to, if it was asked to.
    pub(super) fn run_to_end(&mut self) -> Result<Option<ProcessId>> {
        loop {
            self.record_consequences();
            self.hand_over_when_quiet();
            if self.state().supervisor.is_none() {
                break;
            }
            self.beat();
            match self.messages.recv_timeout(self.time_to_wait()) {
                Ok(message) => {
                    self.handle(message);
                    while let Ok(message) = self.messages.try_recv() {
                        self.handle(message);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Error::failed("the supervisor's threads are gone"));
                }
            }
            self.look_at_clocks();
        }
        self.service.stopping();
        self.store.save_checkpoint();
        self.log.end();
        tracing::info!("the supervisor has ended");
        Ok(self.successor.take())
    }

    /// Ends once no launch is under way, if another supervisor is to take over.
    fn hand_over_when_quiet(&mut self) {
        let Some(successor) = self
            .successor
            .as_ref()
            .filter(|_| self.launching.is_empty())
        else {
            return;
        };
        if process::liveness(successor) == Liveness::Dead {
            tracing::warn!(
                pid = successor.pid,
                "the new supervisor has ended; this one continues"
            );
            self.successor = None;
            return;
        }
        let (how, by) = (StopHow::Leave, "ap start --upgrade".to_owned());
        let successor = None;
        let request = FleetRequest::Stop { how, by, successor };
        if self.accept(&Input::Request(request)) {
            self.record_consequences();
        }
    }

    /// Records what follows and makes what should be in flight so, until nothing more changes.
    fn record_consequences(&mut self) {
        if !self.may_record() {
            return;
        }
        loop {
            while let Some(event) = follow(&self.config, self.store.state(), clock::now()) {
                if !self.record(&event) {
                    return;
                }
            }
            if !self.reconcile() {
                return;
            }
        }
    }

    /// Whether the journal may be written. What could not be recorded while it was not is read again.
    fn may_record(&mut self) -> bool {
        let Some(until) = self.full_until else {
            return true;
        };
        if Instant::now() < until {
            return false;
        }
        self.full_until = None;
        self.stamps.clear();
        self.read_registry();
        self.read_requests();
        self.full_until.is_none()
    }

    /// Records what an input amounts to, if it still matters. Returns whether it did.
    pub(super) fn accept(&mut self, input: &Input) -> bool {
        match accept(self.store.state(), input, clock::now()) {
            Some(event) => self.record(&event),
            None => false,
        }
    }

    /// Records a fact. Nothing is done that cannot be recorded: it is tried again when there may be room.
    fn record(&mut self, event: &Event) -> bool {
        let (before, at) = (project_before(self.state(), event), clock::now());
        if let Err(error) = self.store.record(event, at) {
            tracing::error!(%error, "the supervisor's journal cannot be written; no slice is given before it can");
            self.full_until = Some(Instant::now() + DISK_FULL);
            return false;
        }
        self.full_until = None;
        self.log.recorded();
        if let Event::StatusChanged { project, change } = event {
            tracing::info!(%project, status = change.status.as_str(), cause = ?change.cause, "{}", change.status.reason());
            self.service.status(self.store.state());
            self.count_if_done(project);
        }
        if let Event::RoomRequested { project } = event {
            self.make_room(project);
        }
        self.notify(event, before.as_ref().map(|(_, project)| project), at);
        if let Some((id, before)) = before {
            self.show_question(&id, &before);
        }
        true
    }

    fn handle(&mut self, message: Message) {
        tracing::trace!(?message);
        match message {
            Message::Woken(names) => self.woken(&names),
            Message::Launched {
                project,
                generation,
                result,
            } => self.launched(&project, generation, result),
            Message::NotFit {
                project,
                generation,
                fitness,
            } => {
                self.launch_over(&project, generation);
                self.accept(&Input::Looked {
                    project,
                    before: Some(generation),
                    fitness,
                });
            }
            Message::RunnerGone(project) => self.runner_gone(&project),
            Message::Looked(project, fitness) => {
                self.accept(&Input::Looked {
                    project,
                    before: None,
                    fitness,
                });
            }
            Message::SweepOver => {
                self.sweep = None;
                self.look_at_changed_sessions();
                self.notify_unfit();
                self.count_backlogs();
            }
            Message::RoomMade(project, code) => {
                self.accept(&Input::RoomMade { project, code });
            }
            Message::OpenTasks(project, open) => {
                self.accept(&Input::OpenTasks { project, open });
            }
            Message::Signal(by) => {
                // A signal does not change what you asked for: sessions continue, and the next supervisor finds them.
                let by = by.to_owned();
                let how = StopHow::Leave;
                let successor = None;
                self.accept(&Input::Request(FleetRequest::Stop { how, by, successor }));
            }
        }
    }

    /// Shows that the loop lives.
    fn beat(&mut self) {
        let now = Instant::now();
        self.service.feed();
        match self.lock.put_back(None) {
            Ok(true) => tracing::warn!("the lock file had been deleted, and is there again"),
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "the lock file cannot be written"),
        }
        if self.beat_at <= now {
            self.beat_at = now + BEAT;
            let heartbeat = self.dirs.state_file(StateFile::Heartbeat);
            if let Err(error) = fleet::touch(&heartbeat) {
                tracing::warn!(%error, "the heartbeat cannot be written");
            }
        }
    }

    /// Returns how long the loop may sleep.
    fn time_to_wait(&self) -> Duration {
        let now = Instant::now();
        let until = |at: Instant| at.saturating_duration_since(now);
        let mut wait = until(self.beat_at).min(until(self.next_sweep));
        // What is due cannot be recorded before there is room.
        if let Some(at) = self.wake_at.filter(|_| self.full_until.is_none()) {
            let left = at.duration_since(clock::now());
            let left = Duration::try_from(left).unwrap_or(Duration::ZERO);
            wait = wait.min(left.max(Duration::from_millis(1)));
        }
        if self.sweep.is_some() || !self.launching.is_empty() {
            wait = wait.min(super::fitness::LIMIT);
        }
        for at in self.looks.values() {
            wait = wait.min(until(*at));
        }
        if let Some(full) = self.full_until {
            wait = wait.min(until(full));
        }
        self.service
            .interval()
            .map_or(wait, |every| wait.min(every))
    }
}

/// Returns the project that a fact is about as it was before the fact, if the fact may open or close a question.
fn project_before(state: &State, event: &Event) -> Option<(ProjectId, Project)> {
    let (Event::StatusChanged { project, .. } | Event::ProjectRemoved { project }) = event else {
        return None;
    };
    let before = state.projects.get(project)?;
    Some((project.clone(), before.clone()))
}
