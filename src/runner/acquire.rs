//! Taking a session up: a new one, or one that somebody left.
use super::writable_dir;
use crate::clock;
use crate::engine::{accept, replaceable};
use crate::error::{Error, ExitCode, Result};
use crate::exec::process::{self, Liveness};
use crate::model::{Change, Event, Input, Request, RunId, SessionName, SessionStatus, env_tag};
use crate::plan::{Plan, PlanKind};
use crate::store::layout::Project;
use crate::store::lock::{Holder, SessionLock};
use crate::store::session::{Session, Snapshot, load, load_cached, run_of};
use crate::store::{atomic, crash, inbox, journal, views};
use crate::ui::report;
use fs_err as fs;
use jiff::Timestamp;
use nix::sys::signal::Signal;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// What to do with a session of that name that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// Leave it alone and say so.
    New,
    /// Go on where it was.
    Resume,
    /// Stop it, put it away and start over.
    Force,
}

/// A session somebody wants to run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SessionRequest {
    pub plan: Plan,
    pub mode: Mode,
    /// The maximum given on the command line; with [`Mode::Resume`] it replaces the frozen one.
    pub max_iterations: Option<u32>,
    /// Said with [`Mode::Resume`].
    pub change: Change,
    /// With [`Mode::Resume`]: go on with this plan instead of the one the session has.
    #[serde(default)]
    pub replace: bool,
}

/// What came of it.
#[derive(Debug)]
pub enum Acquired {
    Session(Box<Session>),
    /// It has reached its goal already.
    Complete(Box<Snapshot>),
}

/// How long a living runner may take to end its agent before it is killed.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a process may take from being forked to being a program of its own, which drops what it inherited.
const HALF_STARTED: Duration = Duration::from_secs(1);

/// Takes the session, or says why it cannot be had. Nothing is changed in that case.
pub fn acquire(project: &Project, request: &SessionRequest) -> Result<Acquired> {
    let plan = &request.plan;
    let since = clock::now();
    prepare(project)?;
    let lock = match (lock_retrying(project, &plan.session)?, request.mode) {
        (Some(lock), _) => lock,
        (None, Mode::Force) => take_over(project, &plan.session)?,
        (None, Mode::New | Mode::Resume) => {
            return Err(report::already_running(project, &plan.session));
        }
    };
    if journal::is_held(&project.session(&plan.session).journal())? {
        // Somebody deleted the lock file of a living runner, which does not make it less alive.
        if request.mode != Mode::Force {
            drop(lock);
            return Err(report::already_running(project, &plan.session));
        }
        end_without_lock(project, &plan.session)?;
    }
    tracing::debug!(session = %plan.session, mode = ?request.mode, "session locked");
    let snapshot = load(&project.session(&plan.session));
    let snapshot = if request.mode == Mode::Force {
        snapshot.ok().flatten()
    } else {
        snapshot?
    };
    match (snapshot, request.mode) {
        (_, Mode::Force) => {
            archive(project, &plan.session)?;
            create(project, request, lock)
        }
        (None, Mode::New) => create(project, request, lock),
        (None, Mode::Resume) => Err(report::nothing_to_resume(&plan.session)),
        (Some(snapshot), _) if snapshot.state.status() == SessionStatus::Complete => {
            views::refresh(
                &project.session(&plan.session),
                &snapshot.plan,
                &snapshot.state,
            );
            drop(lock);
            Ok(Acquired::Complete(Box::new(snapshot)))
        }
        (Some(snapshot), Mode::New) => {
            Err(Error::new(ExitCode::Failed, report::failure(&snapshot))
                .hint(report::next_steps(&snapshot)))
        }
        (Some(snapshot), Mode::Resume) => resume(project, request, &snapshot, lock, since),
    }
}

/// Makes the folders; they keep themselves out of git.
fn prepare(project: &Project) -> Result<()> {
    for folder in [project.locks(), project.runs()] {
        fs::create_dir_all(&folder)?;
        let ignore = folder.join(".gitignore");
        if !ignore.exists() {
            atomic::replace(&ignore, b"*\n")?;
        }
    }
    Ok(())
}

fn lock(project: &Project, session: &SessionName) -> Result<Option<SessionLock>> {
    let process = process::current();
    let holder = Holder {
        session: session.clone(),
        pid: process.pid,
        started_at: clock::now(),
        process,
    };
    Ok(SessionLock::try_acquire(&project.lock(session), &holder)?)
}

/// Takes the lock; of a dead holder also when somebody has it for a moment: who only looks, or a shim the holder was just starting.
pub(super) fn lock_retrying(
    project: &Project,
    session: &SessionName,
) -> Result<Option<SessionLock>> {
    let path = project.lock(session);
    let held = || {
        SessionLock::holder(&path)
            .is_some_and(|holder| process::liveness(&holder.process) != Liveness::Dead)
    };
    let mut taken = lock(project, session);
    clock::wait_until(HALF_STARTED, || {
        if matches!(taken, Ok(None)) && !held() {
            taken = lock(project, session);
        }
        !matches!(taken, Ok(None)) || held()
    });
    taken
}

/// Takes the name of a session that is about to be made.
pub fn reserve(project: &Project, session: &SessionName) -> Result<SessionLock> {
    prepare(project)?;
    lock_retrying(project, session)?.ok_or_else(|| report::already_running(project, session))
}

/// Ends a session's living runner, if there is one; it ends its agent first.
pub fn stop_runner(project: &Project, session: &SessionName) -> Result<()> {
    match lock(project, session)? {
        Some(_free) => Ok(()),
        None => take_over(project, session).map(drop),
    }
}

/// Ends the living runner and its agents, then takes their session.
fn take_over(project: &Project, session: &SessionName) -> Result<SessionLock> {
    let Some(holder) = SessionLock::holder(&project.lock(session)) else {
        return Err(report::already_running(project, session));
    };
    if process::liveness(&holder.process) == Liveness::Unknown {
        return Err(Error::new(
            ExitCode::AlreadyRunning,
            format!(
                "session '{session}' runs on another machine, {}",
                holder.process.host
            ),
        )
        .hint("stop it there"));
    }
    let mut taken = None;
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        process::send(&holder.process, signal);
        clock::wait_until(PATIENCE, || {
            taken = lock(project, session).ok().flatten();
            taken.is_some()
        });
        if let Some(lock) = taken {
            return Ok(lock);
        }
    }
    Err(cannot_be_ended(session, &format!("pid {}", holder.pid)))
}

/// Ends the living runner that only the journal knows.
fn end_without_lock(project: &Project, session: &SessionName) -> Result<()> {
    let dir = project.session(session);
    let runner = load_cached(&dir)
        .ok()
        .flatten()
        .and_then(|snapshot| snapshot.state.runner);
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        if let Some(runner) = &runner {
            process::send(runner, signal);
        }
        if clock::wait_until(PATIENCE, || {
            journal::is_held(&dir.journal()).is_ok_and(|held| !held)
        }) {
            return Ok(());
        }
    }
    Err(cannot_be_ended(
        session,
        &runner.map_or_else(
            || "pid unknown".to_owned(),
            |runner| format!("pid {}", runner.pid),
        ),
    ))
}

fn cannot_be_ended(session: &SessionName, who: &str) -> Error {
    Error::failed(format!(
        "the runner of session '{session}' ({who}) cannot be ended"
    ))
    .hint("look at what it waits for with `ps`; another user's process only they or root can end")
}

/// Moves the old run out of the way; nothing of it is lost.
fn archive(project: &Project, session: &SessionName) -> Result<()> {
    let dir = project.session(session);
    if !dir.root().exists() {
        return Ok(());
    }
    let run = run_of(&dir);
    if let Some(run) = &run {
        end_all(run);
    }
    writable_dir::take_back(project, &dir)?;
    let unnamed = || format!("x{}", clock::now().as_millisecond()).parse();
    let run = run.map_or_else(unnamed, Ok).map_err(Error::failed)?;
    let kept = project.archived(session, &run);
    fs::create_dir_all(kept.parent().unwrap_or(&kept))?;
    crash::point("archive: before");
    fs::rename(dir.root(), &kept)?;
    crash::point("archive: done");
    Ok(())
}

/// Ends every process of a run whose runner is gone, politely at first. Returns how many there were.
fn end_all(run: &RunId) -> usize {
    end_with(
        env_tag::RUN,
        |found| run.covers(found),
        &[Signal::SIGTERM, Signal::SIGKILL],
    )
}

/// Kills every process of a run. Returns how many there were.
pub fn kill_all(run: &RunId) -> usize {
    end_with(env_tag::RUN, |found| run.covers(found), &[Signal::SIGKILL])
}

/// Ends every process of one attempt, named by its mark `<run>/<cursor>`, politely at first. Returns how many there were.
pub fn end_attempt(attempt: &str) -> usize {
    end_with(
        env_tag::ATTEMPT,
        |found| found == attempt,
        &[Signal::SIGTERM, Signal::SIGKILL],
    )
}

fn end_with(name: &str, is_meant: impl Fn(&str) -> bool, signals: &[Signal]) -> usize {
    let found = process::find_tagged_by(name, &is_meant).len();
    for signal in signals {
        let mut told = Vec::new();
        let gone = clock::wait_until(Duration::from_secs(10), || {
            let left = process::find_tagged_by(name, &is_meant);
            // Those too that were forked while the others were told, but nobody twice: a program may count.
            for process in left.iter().filter(|process| !told.contains(*process)) {
                process::send(process, *signal);
            }
            told.extend(left.iter().cloned());
            left.is_empty()
        });
        if gone {
            break;
        }
    }
    found
}

fn create(project: &Project, request: &SessionRequest, lock: SessionLock) -> Result<Acquired> {
    let session = Session::create(
        project.session(&request.plan.session),
        &request.plan,
        Some(lock),
        clock::now(),
    )?;
    record_runner_start(session).map(|session| Acquired::Session(Box::new(session)))
}

fn resume(
    project: &Project,
    request: &SessionRequest,
    snapshot: &Snapshot,
    lock: SessionLock,
    since: Timestamp,
) -> Result<Acquired> {
    if snapshot.plan.name != request.plan.name {
        return Err(report::runs_another(&snapshot.plan, &request.plan.name));
    }
    let session = Session::open(project.session(&snapshot.plan.session), Some(lock))?;
    // Whatever is wrong with the wish is told before anything is changed.
    new_maximum(request, &session)?;
    if request.replace {
        replaceable(&session.plan, &request.plan, session.state())
            .map_err(|why| report::keeps_its_plan(&session.plan, &why))?;
    }
    inbox::forget_stops(&session.dir, since)?;
    let mut session = record_runner_start(session)?;
    if request.replace && request.plan != session.plan {
        session = session.replace_plan(&request.plan, clock::now())?;
    }
    let resumed = Input::Request(Request::Resume {
        max_iterations: new_maximum(request, &session)?,
        change: request.change.clone(),
    });
    let now = clock::now();
    if let Some(event) = accept(&session.plan, session.state(), &resumed, now) {
        session.append_sync(event, now)?;
    }
    Ok(Acquired::Session(Box::new(session)))
}

fn new_maximum(request: &SessionRequest, session: &Session) -> Result<Option<u32>> {
    let (state, Some(most)) = (session.state(), request.max_iterations) else {
        return Ok(None);
    };
    if session.plan.kind == PlanKind::Pipeline {
        let hint = "say another `runs` for its nodes in the definition, and add `--recompile`";
        return Err(Error::usage("a pipeline takes no maximum").hint(hint));
    }
    let Some(node) = state.node(&session.plan) else {
        return Ok(None);
    };
    let now = state.max_iterations.unwrap_or(node.max_iterations);
    if most != now && most < state.counters.iterations {
        return Err(Error::usage(format!(
            "session '{}' has {} iterations behind it already",
            session.plan.session, state.counters.iterations
        ))
        .hint("give a larger maximum, or none to keep the old one"));
    }
    Ok((most != now).then_some(most))
}

/// Says in the journal that we run the session from now on.
fn record_runner_start(mut session: Session) -> Result<Session> {
    // From the next line on people may send it, and nobody listens yet: unheeded it would end us. Its request is found anyway.
    signal_hook::flag::register(Signal::SIGUSR1 as i32, Arc::default())?;
    session.append_sync(
        Event::RunnerStarted {
            runner: process::current(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        clock::now(),
    )?;
    Ok(session)
}
