//! A session that is run: its plan, its journal, the state they amount to, and its observers.
use super::explain::explain;
use super::kept;
use super::plan_file::{check_fingerprint, plan_fingerprint, put_in_place, read_plan, takes_next};
use crate::engine::State;
use crate::error::Error;
use crate::model::{Cursor, Event};
use crate::plan::Plan;
use crate::redact::Redactor;
use crate::store::attempt_gate::AttemptGate;
use crate::store::background::in_background;
use crate::store::journal::{Journal, JournalError};
use crate::store::layout::RunDir;
use crate::store::lock::SessionLock;
use crate::store::observer::Observer;
use crate::store::observers::{Observers, Recorded, Scene};
use crate::store::views::{SeenLines, Views};
use crate::store::{atomic, beneath, crash};
use jiff::Timestamp;
use std::io;
use std::sync::Arc;

/// Fields of facts that name something: what they say decides what happens.
const NAMES: [&str; 14] = [
    "type", "kind", "session", "run", "plan", "id", "branch", "agent", "account", "runner", "shim",
    "policy", "request", "same",
];

/// A session this process runs: it holds the lock and writes the journal.
#[derive(Debug)]
pub struct Session {
    pub dir: RunDir,
    pub plan: Plan,
    state: State,
    /// Appended to the journal, but not synced yet.
    unsynced: Vec<Recorded>,
    // Dropped in this order: the observers finish before another runner may start, and a process that waits for the
    // journal's lock, as `ap wait` does, finds all of it done.
    observers: Observers,
    pub(super) lock: Option<SessionLock>,
    pub(super) journal: Journal,
    /// Whether the run directory was removed and put back since the runner last asked.
    pub(super) was_removed: bool,
    /// Whether another runner continues the session.
    pub(super) is_taken: bool,
    /// The attempt whose beginning this process journalled last, and whether its folder has been prepared since.
    begun: Option<(Cursor, bool)>,
    /// Asked before each attempt, if there is one.
    pub(in crate::store) gate: Option<Box<dyn AttemptGate>>,
    /// Removes secrets from facts before they are kept.
    redactor: Option<Arc<Redactor>>,
}

impl Session {
    /// Creates the run directory of a new session and opens it.
    ///
    /// A branch of a parallel block has no lock of its own: only its session's runner opens it.
    pub fn create(
        dir: RunDir,
        plan: &Plan,
        lock: Option<SessionLock>,
        now: Timestamp,
    ) -> Result<Self, Error> {
        crash::point("run directory: before it is made");
        kept::forget(&dir)?;
        beneath::create_dir_all(&dir.inbox())?;
        crash::point("run directory: made");
        let progress = dir.progress();
        if !progress.exists() {
            atomic::replace_durably(&progress, new_progress(plan).as_bytes())?;
        }
        let text = serde_json::to_vec_pretty(plan).map_err(io::Error::from)?;
        atomic::replace_durably(&dir.plan(), &text)?;
        atomic::sync_folder(dir.root().parent().unwrap_or(dir.root()))?;
        crash::point("run directory: complete, no journal");
        let mut session = Self::open(dir, lock)?;
        let started = Event::SessionStarted {
            session: plan.session.clone(),
            run: plan.run.clone(),
            plan: plan_fingerprint(&session.dir.plan())?,
        };
        session.append_sync(started, now)?;
        Ok(session)
    }

    /// Whether a fact that costs something is not synced yet.
    pub(in crate::store) fn has_unsynced_costs(&self) -> bool {
        let costs =
            |event: &Event| matches!(event, Event::AgentExited(_) | Event::GateAnswered { .. });
        self.unsynced.iter().any(|recorded| costs(&recorded.event))
    }

    /// Opens a session that exists.
    pub fn open(dir: RunDir, lock: Option<SessionLock>) -> Result<Self, Error> {
        let mut state = State::default();
        kept::put_back(&dir)?;
        let mut journal = Journal::open(&dir.journal(), |line| state.apply(&line.event, line.at))
            .map_err(|error| explain(&dir, error))?;
        SeenLines::read(&dir)
            .check_end(&dir, journal.position())
            .map_err(|error| explain(&dir, error))?;
        if let (Some(link), Some(copy)) = (dir.kept_journal(), dir.kept_copy()) {
            match journal.keep(&link, &copy) {
                Err(error @ JournalError::Held { .. }) => return Err(explain(&dir, error)),
                Err(error) => tracing::warn!(%error, "the journal is not kept a second time"),
                Ok(()) => {}
            }
        }
        if takes_next(&dir, &state) {
            // A crash came after the plan was journalled and before it was put in its place.
            put_in_place(&dir)?;
        }
        kept::restore(&dir, &dir.plan())?;
        let plan = read_plan(&dir)?;
        check_fingerprint(&dir, &state)?;
        let views = Views::start(&dir, &plan, &state, journal.position());
        let mut session = Self {
            dir,
            plan,
            state,
            journal,
            unsynced: Vec::new(),
            observers: Observers::default(),
            lock,
            was_removed: false,
            is_taken: false,
            begun: None,
            gate: None,
            redactor: None,
        };
        if let Err(error) = session.keep_files() {
            tracing::warn!(%error, "plan and lock are not kept a second time");
        }
        session.attach(views)?;
        Ok(session)
    }

    /// Attaches an observer, which receives every event from now on; a durable one first receives what it missed.
    pub fn attach(&mut self, observer: impl Observer + 'static) -> Result<(), Error> {
        let scene = Scene {
            plan: &self.plan,
            state: &self.state,
        };
        self.observers
            .attach(Box::new(observer), &self.dir, scene)
            .map_err(|error| explain(&self.dir, error))
    }

    /// Sets what is asked before each attempt.
    pub fn set_gate(&mut self, gate: impl AttemptGate + 'static) {
        self.gate = Some(Box::new(gate));
    }

    /// Sets what removes secrets from facts before they are kept.
    pub fn set_redactor(&mut self, redactor: Arc<Redactor>) {
        self.redactor = Some(redactor);
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    /// Whether this process journalled that the current attempt begins: then nothing of it existed before.
    pub fn has_begun_attempt(&self) -> bool {
        self.begun
            .is_some_and(|(begun, _)| begun == self.state.current.cursor)
    }

    /// Whether the folder of the attempt that this process journalled last has been prepared.
    pub fn has_prepared_folder(&self) -> bool {
        self.begun.is_some_and(|(_, prepared)| prepared)
    }

    /// Records that the folder of the current attempt has been prepared.
    pub fn folder_prepared(&mut self) {
        if let Some((_, prepared)) = &mut self.begun {
            *prepared = true;
        }
    }

    /// Returns the number of the journal's last line.
    pub fn seq(&self) -> u64 {
        self.journal.position().seq
    }

    /// Replaces the plan, for a session that [may continue with it](crate::engine::replaceable).
    ///
    /// The journal decides: before the event is on disk the session runs the old plan, from then on the new one, whichever
    /// plan files exist.
    pub fn replace_plan(mut self, plan: &Plan, now: Timestamp) -> Result<Self, Error> {
        let text = serde_json::to_vec_pretty(plan).map_err(io::Error::from)?;
        crash::point("new plan: before it is written");
        atomic::replace_durably(&self.dir.next_plan(), &text)?;
        crash::point("new plan: written");
        let plan = plan_fingerprint(&self.dir.next_plan())?;
        self.append_sync(Event::PlanReplaced { plan }, now)?;
        crash::point("new plan: journalled");
        let Self {
            dir,
            observers,
            journal,
            lock,
            ..
        } = self;
        drop((observers, journal));
        put_in_place(&dir)?;
        crash::point("new plan: in place");
        Self::open(dir, lock)
    }

    /// Appends an event and syncs it.
    pub fn append_sync(&mut self, event: Event, now: Timestamp) -> io::Result<()> {
        self.append(event, now)?;
        self.sync()
    }

    /// Appends an event without syncing it, so that its consequences can be synced with it. What others did to the
    /// journal is put right and recorded first.
    pub fn append(&mut self, event: Event, now: Timestamp) -> io::Result<()> {
        self.check_journal()?;
        self.record(event, now)
    }

    pub(super) fn record(&mut self, event: Event, now: Timestamp) -> io::Result<()> {
        let event = self.redacted(event);
        self.journal.append(&event, now)?;
        self.state.apply(&event, now);
        if let Event::IterationStarted { cursor, .. } = &event {
            self.begun = Some((*cursor, false));
        }
        tracing::debug!(?event, "recorded");
        self.unsynced.push(Recorded {
            at: now,
            event,
            end: self.journal.position(),
        });
        Ok(())
    }

    /// Returns the event without secrets in its texts. What names a thing of the session stays.
    fn redacted(&self, event: Event) -> Event {
        let Some(redactor) = &self.redactor else {
            return event;
        };
        let redacted = redactor.redact_data(event, &NAMES);
        if 0 < redacted.removed {
            tracing::warn!(
                removed = redacted.removed,
                "secrets were removed from a fact"
            );
        }
        redacted.kept
    }

    /// Syncs the appended events. No effect of any of them may start before this.
    pub fn sync(&mut self) -> io::Result<()> {
        self.journal.sync()?;
        self.notify_observers();
        Ok(())
    }

    /// Syncs as [`sync`](Self::sync) does, but on a thread of its own, so that other tasks are not blocked.
    pub async fn sync_in_background(&mut self) -> io::Result<()> {
        if let Some(unsynced) = self.journal.unsynced() {
            let synced = in_background(move || unsynced.sync()).await;
            self.journal.finish_sync(synced)?;
        }
        self.notify_observers();
        Ok(())
    }

    fn notify_observers(&mut self) {
        if self.unsynced.is_empty() {
            return;
        }
        tracing::debug!(facts = self.unsynced.len(), seq = self.seq(), "synced");
        let scene = Scene {
            plan: &self.plan,
            state: &self.state,
        };
        self.observers
            .notify(&self.unsynced, &self.dir.journal(), scene);
        self.unsynced.clear();
    }

    /// Replaces the disk, so that a test can count or delay its syncs.
    pub fn set_disk(&mut self, disk: std::sync::Arc<dyn crate::store::disk::Disk>) {
        self.journal.set_disk(disk);
    }
}

fn new_progress(plan: &Plan) -> String {
    let session = &plan.session;
    if let Some(branch) = &plan.branch {
        return format!(
            "# Progress: {session}, {}\n\nProvider: {}\n\n---\n",
            branch.block, branch.name
        );
    }
    format!(
        "# Progress: {session}\n\nVerify: (none)\n\n## Codebase patterns\n\n(Add what every later agent should know.)\n\n---\n"
    )
}
