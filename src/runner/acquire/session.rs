//! Creates, resumes or replaces a session.
use super::archive::archive;
use super::error::AcquireError;
use super::lock::{already_running, create_folders, lock_retrying};
use super::request::{Mode, SessionRequest};
use super::stop::{end_without_lock, on_another_machine, take_over};
use crate::clock;
use crate::engine::replaceable;
use crate::exec::process;
use crate::model::{Event, Input, Request, SessionName, SessionStatus};
use crate::plan::PlanKind;
use crate::store::layout::Project;
use crate::store::lock::{Holder, SessionLock};
use crate::store::session::{Session, Snapshot, is_older_run, kept, load, load_cached, older_run};
use crate::store::{imported, inbox, journal, views};
use crate::workspace::Workspace;
use jiff::Timestamp;
use nix::sys::signal::Signal;
use std::sync::Arc;

/// A session that was acquired.
#[derive(Debug)]
pub enum Acquired {
    Session(Box<Session>),
    /// It has reached its goal already, and is not run again.
    Complete(Box<Snapshot>),
}

/// Acquires a session.
pub fn acquire(workspace: &Workspace, request: &SessionRequest) -> Result<Acquired, AcquireError> {
    let (project, session) = (&workspace.store_root, &request.plan.session);
    let since = clock::now();
    if request.mode != Mode::Force && is_older_run(&project.session(session)) {
        return Err(AcquireError::Store(older_run(&project.session(session))));
    }
    create_folders(project)?;
    let lock = lock(project, request)?;
    tracing::info!(%session, mode = ?request.mode, "session locked");
    let dir = project.session(session);
    if !dir.journal().exists() && (request.mode != Mode::New || kept::is_unfinished(&dir)) {
        // Its run directory was removed while no runner could put it back.
        kept::put_back(&dir)?;
    }
    if request.mode == Mode::Force {
        archive(workspace, session)?;
        return create(project, request, lock);
    }
    match (load(&dir)?, request.mode) {
        (None, Mode::Resume) => Err(AcquireError::NotFound {
            session: session.clone(),
        }),
        (None, Mode::New | Mode::Force) => create(project, request, lock),
        (Some(snapshot), _) if snapshot.state.status() == SessionStatus::Complete => {
            views::refresh(&dir, &snapshot.plan);
            drop(lock);
            Ok(Acquired::Complete(Box::new(snapshot)))
        }
        (Some(snapshot), Mode::Resume) => resume(project, request, snapshot, lock, since),
        (Some(snapshot), Mode::New | Mode::Force) => Err(AcquireError::Exists(Box::new(snapshot))),
    }
}

/// Locks the session; with [`Mode::Force`] from a living runner, which is ended.
fn lock(project: &Project, request: &SessionRequest) -> Result<SessionLock, AcquireError> {
    let session = &request.plan.session;
    let is_forced = request.mode == Mode::Force;
    // A file system may keep the locks of each machine for itself, so that this lock is free here.
    if let Some(holder) = runner_elsewhere(project, session).filter(|_| !request.take_over) {
        return Err(on_another_machine(project, session, &holder));
    }
    let lock = match lock_retrying(project, session, false)? {
        Some(lock) => lock,
        None if is_forced => take_over(project, session)?,
        None => return Err(already_running(project, session)),
    };
    // A runner whose lock file was deleted still holds its journal; if that was deleted too, it holds the copy.
    let dir = project.session(session);
    if journal::is_held(&dir.journal())? || kept::is_held(&dir)? {
        if !is_forced {
            drop(lock);
            return Err(already_running(project, session));
        }
        end_without_lock(project, session)?;
    }
    Ok(lock)
}

/// Returns the runner of a session that has not ended, as the lock file or the journal names it, if it may live on another
/// machine.
fn runner_elsewhere(project: &Project, session: &SessionName) -> Option<Holder> {
    let dir = project.session(session);
    let state = load_cached(&dir)
        .ok()
        .flatten()
        .map(|snapshot| snapshot.state);
    if state
        .as_ref()
        .is_some_and(|state| state.phase.ending().is_some())
    {
        return None;
    }
    let of_journal = || {
        let state = state?.session;
        let process = state.runner?;
        Some(Holder {
            session: session.clone(),
            pid: process.pid,
            started_at: state.resumed_at.or(state.started_at)?,
            process,
            is_brief: false,
        })
    };
    let holder = SessionLock::holder(&project.lock(session)).or_else(of_journal)?;
    let journal = std::fs::metadata(dir.journal());
    let changed = journal.and_then(|about| about.modified()).ok();
    process::may_live_elsewhere(&holder.process, changed).then_some(holder)
}

fn create(
    project: &Project,
    request: &SessionRequest,
    lock: SessionLock,
) -> Result<Acquired, AcquireError> {
    let dir = project.session(&request.plan.session);
    let mut session = Session::create(dir, &request.plan, Some(lock), clock::now())?;
    record_runner_start(project, &mut session, request)?;
    Ok(Acquired::Session(Box::new(session)))
}

fn resume(
    project: &Project,
    request: &SessionRequest,
    snapshot: Snapshot,
    lock: SessionLock,
    since: Timestamp,
) -> Result<Acquired, AcquireError> {
    if snapshot.plan.name != request.plan.name {
        return Err(AcquireError::RunsAnother {
            plan: Box::new(snapshot.plan),
            requested: request.plan.name.clone(),
        });
    }
    let mut session = Session::open(project.session(&snapshot.plan.session), Some(lock))?;
    // Every reason to refuse is found before anything is changed.
    new_maximum(request, &session)?;
    if request.replace {
        check_replaceable(request, &session)?;
    }
    let is_stop = |request: &Request| matches!(request, Request::Stop(_));
    inbox::forget_older(&session.dir.inbox(), since, is_stop)?;
    record_runner_start(project, &mut session, request)?;
    if request.replace && request.plan != session.plan {
        session = session.replace_plan(&request.plan, clock::now())?;
    }
    session.accept(&Input::Request(Request::Resume {
        max_iterations: new_maximum(request, &session)?,
        change: request.change.clone(),
    }))?;
    session.sync()?;
    Ok(Acquired::Session(Box::new(session)))
}

fn check_replaceable(request: &SessionRequest, session: &Session) -> Result<(), AcquireError> {
    replaceable(&session.plan, &request.plan, session.state()).map_err(|reason| {
        AcquireError::PlanNotReplaceable {
            plan: Box::new(session.plan.clone()),
            reason,
        }
    })
}

/// Returns the maximum that replaces the current node's own, if one was given and differs.
fn new_maximum(request: &SessionRequest, session: &Session) -> Result<Option<u32>, AcquireError> {
    let (state, Some(maximum)) = (session.state(), request.max_iterations) else {
        return Ok(None);
    };
    if session.plan.kind == PlanKind::Pipeline {
        return Err(AcquireError::MaximumOfPipeline);
    }
    let Some(node) = state.node(&session.plan) else {
        return Ok(None);
    };
    let current = state.current.max_iterations.unwrap_or(node.max_iterations);
    let completed = state.current.counters.iterations;
    if maximum != current && maximum < completed {
        return Err(AcquireError::MaximumTooSmall {
            session: session.plan.session.clone(),
            completed,
        });
    }
    Ok((maximum != current).then_some(maximum))
}

/// Records that this process runs the session from now on.
fn record_runner_start(
    project: &Project,
    session: &mut Session,
    request: &SessionRequest,
) -> Result<(), AcquireError> {
    // From the next line on others may send SIGUSR1, which would end a process without a handler. The request that it
    // announces is found in the inbox anyway.
    signal_hook::flag::register(Signal::SIGUSR1 as i32, Arc::default())?;
    let started = Event::RunnerStarted {
        runner: process::current(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        slice: request.slice.as_ref().map(|slice| slice.generation),
    };
    session.append_sync(started, clock::now())?;
    record_import(project, session)
}

/// Records what the project brings from an earlier program, in the first session that is built from its PRD.
fn record_import(project: &Project, session: &mut Session) -> Result<(), AcquireError> {
    let Some(imported) = imported::waiting(project.root())? else {
        return Ok(());
    };
    if !session
        .plan
        .all_nodes()
        .any(|node| node.termination.has_prd())
    {
        return Ok(());
    }
    if !session.state().session.imported {
        session.append_sync(Event::ProjectImported(imported), clock::now())?;
    }
    Ok(imported::recorded(project.root())?)
}
