//! The supervisor's loop.
use super::fitness::Sweep;
use super::launch::Launching;
use super::messages::{Asked, Message};
use super::service::ServiceManager;
use super::{human_needed, wakeups};
use crate::clock;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::process;
use crate::fleet::{Event, FleetConfig, FleetRequest, Input, State, StopHow, accept, follow};
use crate::model::{Env, ProjectId};
use crate::store::fleet::{self, FleetStore, SupervisorHolder};
use crate::store::inbox;
use crate::store::layout::{StateFile, UserDirs};
use crate::store::registry::{self, Registry};
use crate::store::stamp::Stamp;
use camino::Utf8PathBuf;
use fs_err as fs;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// How often the loop shows that it lives, at least.
const BEAT: Duration = Duration::from_secs(25);
/// How often all projects are looked at.
pub(super) const SWEEP: Duration = Duration::from_secs(5 * 60);
/// How long nothing is recorded after the journal could not be written.
const DISK_FULL: Duration = Duration::from_secs(60);

/// What a supervisor needs of its surroundings.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SupervisorEnv {
    pub exe: Utf8PathBuf,
    /// The environment of the user who started it, which runners inherit.
    pub vars: Env,
    pub max_agents: u32,
    pub slice_iterations: u32,
    pub at_start_s: u32,
    /// Free bytes below which a project waits.
    pub min_free: u64,
}

impl SupervisorEnv {
    fn config(&self) -> FleetConfig {
        FleetConfig {
            max_agents: self.max_agents,
            slice_iterations: self.slice_iterations,
            at_start: jiff::SignedDuration::from_secs(i64::from(self.at_start_s)),
        }
    }
}

/// Runs the supervisor until it is told to end. `on_ready` is called once it has the lock and knows its projects.
pub fn run(dirs: &UserDirs, env: SupervisorEnv, on_ready: impl FnOnce()) -> Result<()> {
    let process = process::current();
    let holder = SupervisorHolder {
        pid: process.pid,
        process,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: clock::now(),
    };
    let Some(_lock) = fleet::try_lock(dirs, &holder)? else {
        return Err(already_running(dirs));
    };
    let mut supervisor = Supervisor::open(dirs, env)?;
    supervisor.start(&holder)?;
    on_ready();
    supervisor.run_to_end()
}

fn already_running(dirs: &UserDirs) -> Error {
    let message = match fleet::holder(dirs) {
        Some(holder) => format!(
            "a supervisor runs already: pid {}, version {}, since {}",
            holder.pid, holder.version, holder.started_at
        ),
        None => "a supervisor runs already".to_owned(),
    };
    Error::new(ErrorKind::AlreadyRunning, message).hint("`ap status` shows it, `ap stop` stops it")
}

/// A running supervisor.
pub(super) struct Supervisor {
    pub(super) dirs: UserDirs,
    pub(super) env: SupervisorEnv,
    pub(super) config: FleetConfig,
    store: FleetStore,
    pub(super) registry: Registry,
    pub(super) sender: Sender<Message>,
    messages: Receiver<Message>,
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
    beat_at: Instant,
    /// Until when nothing is recorded, since the journal could not be written.
    pub(super) full_until: Option<Instant>,
    service: ServiceManager,
}

impl Supervisor {
    fn open(dirs: &UserDirs, mut env: SupervisorEnv) -> Result<Self> {
        let (sender, messages) = channel();
        let service = ServiceManager::take(&mut env.vars);
        Ok(Self {
            dirs: dirs.clone(),
            config: env.config(),
            env,
            store: FleetStore::open(dirs)?,
            registry: registry::read(dirs)?,
            sender,
            messages,
            launching: BTreeMap::new(),
            running: BTreeSet::new(),
            asked: BTreeMap::new(),
            looks: BTreeMap::new(),
            stamps: BTreeMap::new(),
            wake_at: None,
            sweep: None,
            next_sweep: Instant::now() + SWEEP,
            beat_at: Instant::now(),
            full_until: None,
            service,
        })
    }

    pub(super) fn state(&self) -> &State {
        self.store.state()
    }

    /// Adopts what the last supervisor left, and reads what happened since.
    fn start(&mut self, holder: &SupervisorHolder) -> Result<()> {
        for folder in [StateFile::Wakeup, StateFile::SupervisorInbox] {
            fs::create_dir_all(self.dirs.state_file(folder))?;
        }
        if let Some(folder) = self.dirs.state_file(StateFile::Heartbeat).parent() {
            fs::create_dir_all(folder)?;
        }
        wakeups::watch(
            &self.dirs.state_file(StateFile::Wakeup),
            self.sender.clone(),
        )?;
        self.listen()?;
        self.forget_older_stops(holder.started_at);
        self.accept_recorded(&Input::Started {
            process: holder.process.clone(),
            version: holder.version.clone(),
        })?;
        self.read_desired();
        self.register();
        for project in self.registry.projects.clone() {
            self.look(&project, false);
            human_needed::update(&project, self.state().projects.get(&project.id));
        }
        self.read_requests();
        tracing::info!(pid = holder.pid, version = %holder.version, projects = self.registry.projects.len(), "the supervisor is up");
        self.service.ready();
        Ok(())
    }

    /// Forgets what ended the last supervisor, or was to: it is not meant for this one.
    fn forget_older_stops(&self, start: Timestamp) {
        let inbox = self.dirs.state_file(StateFile::SupervisorInbox);
        let is_stop = |request: &FleetRequest| matches!(request, FleetRequest::Stop { .. });
        if let Err(error) = inbox::forget_older(&inbox, start, is_stop) {
            tracing::warn!(%error, "older requests cannot be removed");
        }
    }

    fn listen(&self) -> Result<()> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        let mut signals = signal_hook::iterator::Signals::new([SIGTERM, SIGINT, SIGHUP])?;
        let sender = self.sender.clone();
        std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || {
                for signal in signals.forever() {
                    let name = match signal {
                        SIGTERM => "a TERM signal",
                        SIGINT => "Ctrl-C",
                        _ => continue,
                    };
                    if sender.send(Message::Signal(name)).is_err() {
                        return;
                    }
                }
            })?;
        Ok(())
    }

    fn run_to_end(&mut self) -> Result<()> {
        loop {
            self.record_consequences();
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
        tracing::info!("the supervisor has ended");
        Ok(())
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

    fn accept_recorded(&mut self, input: &Input) -> Result<()> {
        match accept(self.store.state(), input, clock::now()) {
            Some(event) => self.store.record(&event, clock::now()),
            None => Ok(()),
        }
    }

    /// Records a fact. Nothing is done that cannot be recorded: it is tried again when there may be room.
    fn record(&mut self, event: &Event) -> bool {
        if let Err(error) = self.store.record(event, clock::now()) {
            tracing::error!(%error, "the supervisor's journal cannot be written; no slice is given before it can");
            self.full_until = Some(Instant::now() + DISK_FULL);
            return false;
        }
        self.full_until = None;
        if let Event::StatusChanged { project, change } = event {
            tracing::info!(%project, status = change.status.as_str(), cause = ?change.cause, "{}", change.status.reason());
            if let Some(registered) = self.registry.by_id(project) {
                human_needed::update(registered, self.store.state().projects.get(project));
            }
            self.service.status(self.store.state());
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
                self.count_backlogs();
            }
            Message::OpenTasks(project, open) => {
                self.accept(&Input::OpenTasks { project, open });
            }
            Message::Signal(by) => {
                // A signal does not change what you asked for: sessions continue, and the next supervisor finds them.
                let by = by.to_owned();
                let how = StopHow::Leave;
                self.accept(&Input::Request(FleetRequest::Stop { how, by }));
            }
        }
    }

    /// Shows that the loop lives.
    fn beat(&mut self) {
        let now = Instant::now();
        self.service.feed();
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
