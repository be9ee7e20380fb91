//! A session on disk: its plan, its journal and the state they amount to.
use super::journal::{Journal, JournalError};
use super::layout::{Project, RunDir};
use super::lock::SessionLock;
use super::observer::Observer;
use super::observers::{Observers, Recorded, Scene};
use super::views::{self, Views};
use super::{atomic, crash};
use crate::engine::{SessionSummary, State};
use crate::error::Error;
use crate::fingerprint::fingerprint;
use crate::model::{Event, RunId, SessionName};
use crate::plan::Plan;
use camino::Utf8Path;
use fs_err as fs;
use jiff::Timestamp;
use serde::Deserialize;
use std::io;

/// A session that we run: locked, and ours to write.
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
    _lock: Option<SessionLock>,
    journal: Journal,
}

impl Session {
    /// Makes the run directory of a new session and opens it.
    ///
    /// A branch of a parallel block has no lock of its own: only its session's runner opens it.
    pub fn create(
        dir: RunDir,
        plan: &Plan,
        lock: Option<SessionLock>,
        now: Timestamp,
    ) -> Result<Self, Error> {
        crash::point("run directory: before it is made");
        fs::create_dir_all(dir.inbox())?;
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
        let (name, run, plan) = (
            plan.session.clone(),
            plan.run.clone(),
            plan_fingerprint(&session.dir.plan())?,
        );
        session.append_sync(
            Event::SessionStarted {
                session: name,
                run,
                plan,
            },
            now,
        )?;
        Ok(session)
    }

    /// Opens a session that exists.
    pub fn open(dir: RunDir, lock: Option<SessionLock>) -> Result<Self, Error> {
        let mut state = State::default();
        let journal = Journal::open(&dir.journal(), |line| state.apply(&line.event, line.at))
            .map_err(|error| explain(&dir, error))?;
        if takes_next(&dir, &state) {
            // A crash came after the plan was journalled and before it was put in its place.
            put_in_place(&dir)?;
        }
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
            _lock: lock,
        };
        session.attach(views)?;
        Ok(session)
    }

    /// Attaches an observer, which is told of every fact from now on; a durable one first of what it missed.
    pub fn attach(&mut self, observer: impl Observer + 'static) -> Result<(), Error> {
        let scene = Scene {
            plan: &self.plan,
            state: &self.state,
        };
        self.observers
            .attach(Box::new(observer), &self.dir, scene)
            .map_err(|error| explain(&self.dir, error))
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    /// Returns the number of the journal's last line.
    pub fn seq(&self) -> u64 {
        self.journal.position().seq
    }

    /// Puts another plan in the place of this one, for a session that [may go on with it](crate::engine::replaceable).
    ///
    /// The journal decides: before the fact is on disk the session runs the old plan, from then on the new one, whatever
    /// has become of the files.
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
            _lock: lock,
            ..
        } = self;
        drop((observers, journal));
        put_in_place(&dir)?;
        crash::point("new plan: in place");
        Self::open(dir, lock)
    }

    /// Appends a fact and syncs it.
    pub fn append_sync(&mut self, event: Event, now: Timestamp) -> io::Result<()> {
        self.append(event, now)?;
        self.sync()
    }

    /// Appends a fact, so that the facts that follow from it can be synced with it.
    pub fn append(&mut self, event: Event, now: Timestamp) -> io::Result<()> {
        self.journal.append(&event, now)?;
        self.state.apply(&event, now);
        tracing::debug!(?event, "recorded");
        self.unsynced.push(Recorded {
            at: now,
            event,
            end: self.journal.position(),
        });
        Ok(())
    }

    /// Syncs the appended facts. Nothing may be done about any of them before this.
    pub fn sync(&mut self) -> io::Result<()> {
        self.journal.sync()?;
        self.notify_observers();
        Ok(())
    }

    /// Does the same, but waits for the disk in another thread, so that other tasks of this one run meanwhile.
    pub async fn sync_in_background(&mut self) -> io::Result<()> {
        if let Some(unsynced) = self.journal.unsynced() {
            let synced = tokio::task::spawn_blocking(move || unsynced.sync()).await;
            self.journal
                .finish_sync(synced.unwrap_or_else(|error| Err(io::Error::other(error))))?;
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
        self.observers.notify(&self.unsynced, scene);
        self.unsynced.clear();
    }

    #[cfg(test)]
    pub(super) fn set_disk(&mut self, disk: std::sync::Arc<dyn super::disk::Disk>) {
        self.journal.set_disk(disk);
    }
}

/// A session's plan and state as they are on disk. Loading one changes nothing.
#[derive(Debug)]
pub struct Snapshot {
    pub plan: Plan,
    pub state: State,
}

/// Loads a session from its last checkpoint and the lines behind it; `None` if there is no journal yet.
pub fn load_cached(dir: &RunDir) -> Result<Option<Snapshot>, Error> {
    load_with(dir, views::fold)
}

/// Loads a session as [`load_cached`] does, but folds its whole journal: for callers that go on to change it.
pub fn load(dir: &RunDir) -> Result<Option<Snapshot>, Error> {
    load_with(dir, views::fold_all)
}

fn load_with(
    dir: &RunDir,
    fold: fn(&RunDir) -> Result<State, JournalError>,
) -> Result<Option<Snapshot>, Error> {
    if !dir.journal().exists() {
        return Ok(None);
    }
    let state = fold(dir).map_err(|error| explain(dir, error))?;
    if state.session.name.is_none() {
        return Ok(None);
    }
    let plan = if takes_next(dir, &state) {
        read_plan_at(dir, &dir.next_plan())?
    } else {
        read_plan(dir)?
    };
    Ok(Some(Snapshot { plan, state }))
}

/// Returns a session in one row; nothing if there is none of that name. Reads as little as it can.
pub fn summarize(dir: &RunDir) -> Result<Option<SessionSummary>, Error> {
    // A plan that is about to be replaced is not the one the summary is of.
    if !dir.next_plan().exists()
        && let Some(summary) = views::saved_summary(dir)
    {
        return Ok(Some(summary));
    }
    let snapshot = load_cached(dir)?;
    Ok(snapshot.map(|snapshot| SessionSummary::new(&snapshot.plan, &snapshot.state)))
}

/// Returns the names of the project's sessions, sorted. What is not a session is left out.
pub fn names(project: &Project) -> io::Result<Vec<SessionName>> {
    let folder = match fs::read_dir(project.runs()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        folder => folder?,
    };
    let mut names = Vec::new();
    for entry in folder {
        let entry = entry?;
        if let Some(name) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
            .filter(|_| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Returns the fingerprint of a plan as it is on disk.
fn plan_fingerprint(plan: &Utf8Path) -> io::Result<String> {
    fs::read(plan).map(fingerprint)
}

/// Whether the journal says that the session runs the plan that is about to take the other one's place.
fn takes_next(dir: &RunDir, state: &State) -> bool {
    !state.session.plan_hash.is_empty()
        && plan_fingerprint(&dir.next_plan()).is_ok_and(|next| next == state.session.plan_hash)
}

fn put_in_place(dir: &RunDir) -> io::Result<()> {
    // Its summary is of the former plan.
    match fs::remove_file(dir.checkpoint()) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => (),
    }
    fs::rename(dir.next_plan(), dir.plan())?;
    atomic::sync_folder(dir.root())
}

/// Refuses a plan that is not the one the session started with: an agent must not edit what judges it.
fn check_fingerprint(dir: &RunDir, state: &State) -> Result<(), Error> {
    if state.session.plan_hash.is_empty()
        || plan_fingerprint(&dir.plan())? == state.session.plan_hash
    {
        return Ok(());
    }
    Err(Error::failed(format!("{}: the plan has been changed since session '{}' started", dir.plan(), dir.session()))
        .hint("a session runs the plan it started with: restore the file, or start again with `--force`, which keeps the old run under `.archive`"))
}

/// Reads the plan a session froze. One in another session's directory is an error: a runner that followed it would
/// write into the first session's files without its lock.
pub fn read_plan(dir: &RunDir) -> Result<Plan, Error> {
    read_plan_at(dir, &dir.plan())
}

fn read_plan_at(dir: &RunDir, path: &Utf8Path) -> Result<Plan, Error> {
    let text = fs::read(path)?;
    let plan: Plan = serde_json::from_slice(&text).map_err(|error| {
        Error::failed(format!("{path}:{}:{}: the plan cannot be read: {error}", error.line(), error.column()))
            .hint("it is frozen at the start of a session; start again with `--force`, which keeps the old run under `.archive`")
    })?;
    if Plan::VERSION < plan.version {
        return Err(Error::failed(format!(
            "{path}: written by a newer version of ap (format {})",
            plan.version
        ))
        .hint("update ap, then try again"));
    }
    if plan.session != *dir.session() {
        return Err(Error::failed(format!("{path}: the plan of session '{}', in the directory of '{}'", plan.session, dir.session()))
            .hint(
                "a run directory cannot be copied or renamed; move it back, or start again with `--force`, which keeps it under `.archive`",
            ));
    }
    Ok(plan)
}

/// Returns the id of a session's run, also of one whose plan cannot be read as a whole.
pub fn run_of(dir: &RunDir) -> Option<RunId> {
    Owner::of(&dir.plan())
        .filter(|owner| owner.session == *dir.session())
        .map(|owner| owner.run)
}

/// The part of a plan that says whose it is.
#[derive(Debug, Deserialize)]
pub struct Owner {
    pub session: SessionName,
    pub run: RunId,
}

impl Owner {
    /// Reads a `plan.json`; nothing if it does not say.
    pub fn of(plan: &Utf8Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(plan).ok()?).ok()
    }
}

fn explain(dir: &RunDir, error: JournalError) -> Error {
    let session = dir.session();
    match error {
        JournalError::Io(error) => error.into(),
        JournalError::Damaged { .. } => Error::failed(&error).hint(format!(
            "nothing was changed. Look at that line: if you can fix it, fix it and resume. Otherwise start again with `--force`, which keeps this run under {}",
            dir.root().with_file_name(".archive").join(session.as_str())
        )),
        JournalError::Newer { .. } => Error::failed(&error).hint("update ap, then try again; nothing was changed"),
        JournalError::Held { .. } => Error::new(crate::error::ExitCode::AlreadyRunning, format!("session '{session}' is already running"))
            .hint("its lock file was deleted, but its runner is alive; see `ap status`"),
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
