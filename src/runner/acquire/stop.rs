//! Ends the living runner of a session that is to be replaced.
use super::error::AcquireError;
use super::lock::{already_running, lock};
use crate::clock;
use crate::exec::process::{self, Liveness};
use crate::model::{Request, SessionName, Stop, StopSource};
use crate::store::layout::{Project, RunDir};
use crate::store::lock::{Holder, SessionLock};
use crate::store::session::{kept, load_cached};
use crate::store::{inbox, journal};
use jiff::Timestamp;
use nix::sys::signal::Signal;
use std::time::Duration;

/// How long a living runner may take to end its agent before it is killed.
const PATIENCE: Duration = Duration::from_secs(20);

/// Ends a session's living runner, if there is one; it ends its agent first.
pub fn stop_runner(project: &Project, session: &SessionName) -> Result<(), AcquireError> {
    match lock(project, session, true)? {
        Some(_free) => Ok(()),
        None => take_over(project, session).map(drop),
    }
}

/// Ends the living runner and its agents, then locks their session.
pub(super) fn take_over(
    project: &Project,
    session: &SessionName,
) -> Result<SessionLock, AcquireError> {
    let Some(holder) = SessionLock::holder(&project.lock(session)) else {
        return Err(already_running(project, session));
    };
    if process::liveness(&holder.process) == Liveness::Unknown {
        return Err(on_another_machine(project, session, &holder));
    }
    let mut locked = None;
    // A command that has the session for a moment is not ended.
    let stop = (!holder.is_brief).then(|| ask_to_stop(&project.session(session)));
    for signal in [stop, stop.map(|_| Signal::SIGKILL)] {
        if let Some(signal) = signal {
            process::send(&holder.process, signal);
        }
        clock::wait_until(PATIENCE, || {
            locked = lock(project, session, false).ok().flatten();
            locked.is_some()
        });
        if let Some(lock) = locked {
            return Ok(lock);
        }
    }
    Err(AcquireError::RunnerDoesNotEnd {
        session: session.clone(),
        pid: Some(holder.pid),
    })
}

/// Returns the error for a session whose runner cannot be seen from here.
pub(super) fn on_another_machine(
    project: &Project,
    session: &SessionName,
    holder: &Holder,
) -> AcquireError {
    let journal = std::fs::metadata(project.session(session).journal());
    let last_sign = journal.and_then(|about| about.modified()).ok();
    AcquireError::OnAnotherMachine {
        session: session.clone(),
        holder: Box::new(holder.process.clone()),
        started_at: Some(holder.started_at),
        last_sign: last_sign.and_then(|at| Timestamp::try_from(at).ok()),
    }
}

/// Leaves the runner a request to stop, in the name of the user who replaces its session. Returns the signal that has it
/// look, or one that ends it if the request cannot be left.
fn ask_to_stop(dir: &RunDir) -> Signal {
    let stop = Stop::new(StopSource::Person, "a start with --force");
    match inbox::put(dir, &Request::Stop(stop), clock::now()) {
        Ok(()) => Signal::SIGUSR1,
        Err(_) => Signal::SIGTERM,
    }
}

/// Ends the living runner whose lock file was deleted; only the journal knows it.
pub(super) fn end_without_lock(
    project: &Project,
    session: &SessionName,
) -> Result<(), AcquireError> {
    let dir = project.session(session);
    let runner = load_cached(&dir)
        .ok()
        .flatten()
        .and_then(|snapshot| snapshot.state.session.runner);
    for signal in [ask_to_stop(&dir), Signal::SIGKILL] {
        if let Some(runner) = &runner {
            process::send(runner, signal);
        }
        let is_released = || {
            journal::is_held(&dir.journal()).is_ok_and(|held| !held)
                && kept::is_held(&dir).is_ok_and(|held| !held)
        };
        if clock::wait_until(PATIENCE, is_released) {
            return Ok(());
        }
    }
    Err(AcquireError::RunnerDoesNotEnd {
        session: session.clone(),
        pid: runner.map(|runner| runner.pid),
    })
}
