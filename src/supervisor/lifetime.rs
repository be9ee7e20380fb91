//! From a supervisor's start to its end, or until it hands over to its successor.
//!
//! A successor prepares beside the supervisor that runs, asks it to hand over, and takes the lock at its next quiet point.
//! The old one waits until the start of the successor is in the journal. If the successor dies before, the old one takes the
//! lock again and continues.
use super::env::SupervisorEnv;
use super::run::Supervisor;
use crate::clock;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::process::{self, Liveness};
use crate::fleet::{FleetRequest, StopHow};
use crate::model::ProcessId;
use crate::store::fleet::{self, SupervisorHolder};
use crate::store::layout::UserDirs;
use crate::store::lock::SessionLock;
use crate::store::{crash, registry};
use std::time::Duration;

/// How long a supervisor may take to reach a quiet point.
const HAND_OVER_LIMIT: Duration = Duration::from_secs(25);
/// How long a successor may take to record its start once the lock is free.
const SUCCESSOR_LIMIT: Duration = Duration::from_secs(20);

/// Runs the supervisor until it is told to end. `on_ready` is called once it has the lock and knows its projects. One that
/// `takes_over` asks the supervisor that runs to hand over to it.
pub fn run(
    dirs: &UserDirs,
    env: &SupervisorEnv,
    takes_over: bool,
    on_ready: impl FnOnce(),
) -> Result<()> {
    let process = process::current();
    let holder = SupervisorHolder {
        pid: process.pid,
        process,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: clock::now(),
    };
    let mut lock = if takes_over {
        take_over(dirs, &holder)?
    } else {
        fleet::try_lock(dirs, &holder)?.ok_or_else(|| already_running(dirs))?
    };
    let mut on_ready = Some(on_ready);
    loop {
        let mut supervisor = Supervisor::open(dirs, env.clone(), lock)?;
        supervisor.start(&holder)?;
        if let Some(on_ready) = on_ready.take() {
            on_ready();
        }
        let Some(successor) = supervisor.run_to_end()? else {
            return Ok(());
        };
        crash::point("hand-over: before the lock is released");
        drop(supervisor);
        match back_from(&successor, dirs, &holder)? {
            None => return Ok(()),
            Some(again) => lock = again,
        }
    }
}

/// Returns the lock of a supervisor whose successor did not come up; none, if a supervisor has it.
fn back_from(
    successor: &ProcessId,
    dirs: &UserDirs,
    holder: &SupervisorHolder,
) -> Result<Option<SessionLock>> {
    let is_up = || {
        let state = fleet::load(dirs).unwrap_or_default();
        state.supervisor.is_some_and(|it| it.process == *successor)
    };
    let mut up = false;
    clock::wait_until(SUCCESSOR_LIMIT, || {
        up = is_up();
        up || process::liveness(successor) == Liveness::Dead
    });
    if up {
        tracing::info!(pid = successor.pid, "handed over");
        return Ok(None);
    }
    let again = fleet::try_lock(dirs, holder)?;
    if again.is_some() {
        tracing::error!(
            pid = successor.pid,
            "the new supervisor did not come up; this one continues"
        );
    }
    Ok(again)
}

/// Asks the supervisor that runs to hand over, and returns its lock.
fn take_over(dirs: &UserDirs, holder: &SupervisorHolder) -> Result<SessionLock> {
    if let Some(lock) = fleet::try_lock(dirs, holder)? {
        return Ok(lock);
    }
    // What would keep this one from coming up is found while the other still works.
    registry::read(dirs)?;
    fleet::load(dirs)?;
    crash::point("hand-over: prepared");
    let request = FleetRequest::Stop {
        how: StopHow::Leave,
        by: "ap start --upgrade".to_owned(),
        successor: Some(holder.process.clone()),
    };
    fleet::request(dirs, &request, clock::now())?;
    crash::point("hand-over: asked for");
    let mut lock = None;
    clock::wait_until(HAND_OVER_LIMIT, || {
        lock = fleet::try_lock(dirs, holder).unwrap_or_default();
        lock.is_some()
    });
    crash::point("hand-over: taken");
    lock.ok_or_else(|| {
        Error::new(
            ErrorKind::NoAnswer,
            "the supervisor that runs does not hand over now, and continues",
        )
        .hint("`ap status` shows what it does; try again later")
    })
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
