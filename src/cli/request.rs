//! Requests to a session: put into its inbox and acknowledged by its runner, or left for the one that follows.
use super::context::Context;
use super::parked;
use super::session::{find, is_alive};
use crate::clock;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::process;
use crate::model::{Request, SessionName};
use crate::store::inbox;
use crate::store::session::Snapshot;
use crate::ui::report;
use nix::sys::signal::Signal;
use std::time::Duration;

/// How long the runner may take to read a request: it may be in the middle of a write.
const ACK_TIMEOUT: Duration = Duration::from_secs(10);

/// Puts a request into the inbox, wakes the runner and waits until the runner has read it.
pub(super) fn send(
    session: &SessionName,
    request: &Request,
    context: &Context,
) -> Result<Snapshot> {
    let snapshot = find(session, context)?;
    if !is_alive(&context.project, &snapshot) {
        if parked::tell(&snapshot, request, context)? {
            return Ok(snapshot);
        }
        return Err(not_running(&snapshot));
    }
    let dir = context.project.session(session);
    inbox::put(&dir, request, clock::now())?;
    if let Some(runner) = &snapshot.state.session.runner {
        process::send(runner, Signal::SIGUSR1);
    }
    let read = clock::wait_until(ACK_TIMEOUT, || {
        inbox::waiting(&dir).is_ok_and(|left| left.is_empty())
    });
    if read {
        return Ok(snapshot);
    }
    Err(Error::new(
        ErrorKind::NoAnswer,
        format!("the runner of session '{session}' does not answer"),
    )
    .hint("see `ap doctor`"))
}

fn not_running(snapshot: &Snapshot) -> Error {
    let status = snapshot.state.status();
    let message = if status.is_active() {
        report::failure(snapshot)
    } else {
        format!(
            "session '{}' is not running: its status is {}",
            snapshot.plan.session,
            status.label()
        )
    };
    Error::new(ErrorKind::NotRunning, message).hint(report::next_steps(snapshot))
}
