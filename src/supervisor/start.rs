//! Opens a supervisor, and adopts what the last one left.
use super::env::SupervisorEnv;
use super::looks::LooksUnderWay;
use super::messages::Message;
use super::post::NoticePost;
use super::run::{SWEEP, Supervisor};
use super::service::ServiceManager;
use super::wakeups;
use crate::clock;
use crate::error::Result;
use crate::fleet::{FleetRequest, Input, accept};
use crate::overview::log::LogKeeper;
use crate::store::fleet::{FleetStore, SupervisorHolder};
use crate::store::layout::{StateFile, UserDirs};
use crate::store::lock::SessionLock;
use crate::store::{inbox, registry, secrets};
use fs_err as fs;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::channel;
use std::time::Instant;

impl Supervisor {
    pub(super) fn open(dirs: &UserDirs, mut env: SupervisorEnv, lock: SessionLock) -> Result<Self> {
        let (sender, messages) = channel();
        let service = ServiceManager::take(&mut env.vars);
        let redactor = secrets::redactor(dirs, &env.vars);
        let notices = NoticePost::new(dirs, env.exe.clone(), env.vars.clone(), redactor);
        let log = LogKeeper::start(dirs, env.retention);
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
            lock,
            full_until: None,
            service,
            looks_under_way: LooksUnderWay::default(),
            counts_under_way: LooksUnderWay::default(),
            successor: None,
            notices,
            log,
            outage_reported: false,
        })
    }

    /// Adopts what the last supervisor left, and reads what happened since.
    pub(super) fn start(&mut self, holder: &SupervisorHolder) -> Result<()> {
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
        }
        self.read_requests();
        self.notify_missed();
        self.show_questions();
        self.count_uncounted();
        tracing::info!(pid = holder.pid, version = %holder.version, projects = self.registry.projects.len(), "the supervisor is up");
        self.service.ready();
        Ok(())
    }

    /// Forgets what ended the last supervisor, or was to: it is not meant for this one.
    fn forget_older_stops(&self, start: Timestamp) {
        let inbox = self.dirs.state_file(StateFile::SupervisorInbox);
        // A request to hand over is of a supervisor that waits for it.
        let is_stop = |request: &FleetRequest| {
            matches!(
                request,
                FleetRequest::Stop {
                    successor: None,
                    ..
                }
            )
        };
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

    fn accept_recorded(&mut self, input: &Input) -> Result<()> {
        match accept(self.store.state(), input, clock::now()) {
            Some(event) => self.store.record(&event, clock::now()),
            None => Ok(()),
        }
    }
}
