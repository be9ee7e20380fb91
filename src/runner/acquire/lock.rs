//! The lock that makes a session this process's own.
use super::error::AcquireError;
use crate::clock;
use crate::exec::process::{self, Liveness};
use crate::model::SessionName;
use crate::store::ignored;
use crate::store::layout::Project;
use crate::store::lock::{Holder, SessionLock};
use std::io;
use std::time::Duration;

/// How long a forked process may hold what it inherited before it is a program of its own.
const HALF_STARTED: Duration = Duration::from_secs(1);

/// Reserves the name of a session that is about to be made.
pub fn reserve(project: &Project, session: &SessionName) -> Result<SessionLock, AcquireError> {
    create_folders(project)?;
    lock_retrying(project, session, true)?.ok_or_else(|| already_running(project, session))
}

/// Creates the folders of locks and runs; they keep themselves out of git.
pub(super) fn create_folders(project: &Project) -> io::Result<()> {
    ignored::create(&project.locks())?;
    ignored::create(&project.runs())
}

/// Locks the session, unless another process has it. A command that needs it for a moment has it briefly.
pub(super) fn lock(
    project: &Project,
    session: &SessionName,
    is_brief: bool,
) -> io::Result<Option<SessionLock>> {
    let process = process::current();
    let holder = Holder {
        session: session.clone(),
        pid: process.pid,
        started_at: clock::now(),
        process,
        is_brief,
    };
    SessionLock::try_acquire(&project.lock(session), &holder)
}

/// Locks the session. Retries while the named holder is dead or a command: then a process has the lock for a moment, or a
/// shim that the holder was just starting.
pub(in crate::runner) fn lock_retrying(
    project: &Project,
    session: &SessionName,
    is_brief: bool,
) -> io::Result<Option<SessionLock>> {
    let path = project.lock(session);
    let is_held = || {
        SessionLock::holder(&path).is_some_and(|holder| {
            !holder.is_brief && process::liveness(&holder.process) != Liveness::Dead
        })
    };
    let mut locked = lock(project, session, is_brief);
    clock::wait_until(HALF_STARTED, || {
        if matches!(locked, Ok(None)) && !is_held() {
            locked = lock(project, session, is_brief);
        }
        !matches!(locked, Ok(None)) || is_held()
    });
    locked
}

/// Returns the error for a session that another process runs.
pub(in crate::runner) fn already_running(project: &Project, session: &SessionName) -> AcquireError {
    AcquireError::AlreadyRunning {
        session: session.clone(),
        holder: holder(project, session).map(Box::new),
    }
}

/// Returns the holder of a session, also of one whose lock file was removed.
fn holder(project: &Project, session: &SessionName) -> Option<Holder> {
    let second = project.session(session).kept_lock();
    let names = [Some(project.lock(session)), second];
    let mut holders = names.iter().flatten().map(|name| SessionLock::holder(name));
    holders.find_map(|holder| holder)
}
