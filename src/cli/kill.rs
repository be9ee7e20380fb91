//! `ap kill`: ends every process of a session immediately. What is in the journal stays true; it can be resumed.
use super::context::Context;
use super::control::ControlArgs;
use super::launch::{close_window, launcher};
use super::session::find;
use crate::clock;
use crate::error::{Error, ErrorKind, ExitCode, Result};
use crate::exec::launcher::{Launcher as _, RunnerState};
use crate::exec::process::{self, Liveness};
use crate::model::{ProcessId, RunId, SessionName};
use crate::runner;
use crate::store::lock::SessionLock;
use crate::store::session::read_plan;
use crate::text::count;
use crate::ui::next_command::NextCommand;
use nix::sys::signal::Signal;
use std::time::Duration;

/// Time limit for a killed process to disappear.
const KILL_TIMEOUT: Duration = Duration::from_secs(10);

/// The session to kill.
struct Target {
    run: RunId,
    /// The command that continues it.
    resume: NextCommand,
    /// The runner named in the journal.
    runner: Option<ProcessId>,
    /// Whether the journal can be read, and so be written to.
    readable: bool,
}

pub(super) fn run(args: &ControlArgs, context: &Context) -> Result<ExitCode> {
    let session = &args.of.session;
    let target = target(session, context)?;
    let ended = end_runners(session, target.runner, context)? + runner::kill_all(&target.run);
    close_own_window(session, context)?;
    // A shim that the runner was just starting holds a copy of the lock until it has called exec.
    let lock = context.project.lock(session);
    clock::wait_until(KILL_TIMEOUT, || {
        !lock.exists() || SessionLock::remove_stale(&lock).unwrap_or(true)
    });
    if target.readable {
        runner::record_kill(&context.project, session, "ap kill")?;
    }
    let message = match ended {
        0 => format!("Session '{session}' has no processes."),
        ended => format!(
            "Session '{session}' is killed ({} ended). Continue it with `{}`.",
            count(ended, "process"),
            target.resume
        ),
    };
    args.report("killed", &message)?;
    Ok(ExitCode::Done)
}

/// Returns what to kill. A journal that cannot be read is no reason to leave its agents running.
fn target(session: &SessionName, context: &Context) -> Result<Target> {
    match find(session, context) {
        Ok(snapshot) => Ok(Target {
            resume: NextCommand::resume(&snapshot.plan, &snapshot.state),
            run: snapshot.plan.run,
            runner: snapshot.state.session.runner,
            readable: true,
        }),
        Err(error) => {
            let plan = read_plan(&context.project.session(session)).map_err(|_| error)?;
            Ok(Target {
                resume: NextCommand::resume_as_started(&plan),
                run: plan.run,
                runner: None,
                readable: false,
            })
        }
    }
}

fn close_own_window(session: &SessionName, context: &Context) -> Result<()> {
    let run_dir = context.project.session(session);
    match launcher(context).state(session, run_dir.root()) {
        // Without tmux there is no window, and a window of another program is left alone.
        RunnerState::Unknown { .. } => Ok(()),
        RunnerState::Running { .. } | RunnerState::Queued | RunnerState::Gone { .. } => {
            close_window(session, context)
        }
    }
}

/// Kills the runner named in the lock file and the one named in the journal: one of them may be wrong. Returns how
/// many were alive.
fn end_runners(
    session: &SessionName,
    journalled: Option<ProcessId>,
    context: &Context,
) -> Result<usize> {
    let holder = SessionLock::holder(&context.project.lock(session))
        .filter(|holder| !holder.is_brief)
        .map(|holder| holder.process);
    if let Some(holder) = &holder
        && process::liveness(holder) == Liveness::Unknown
    {
        return Err(Error::new(
            ErrorKind::RunsElsewhere,
            format!(
                "session '{session}' runs on another machine, {}",
                holder.host
            ),
        )
        .hint("kill it there"));
    }
    let mut runners: Vec<ProcessId> = holder.into_iter().chain(journalled).collect();
    runners.dedup();
    runners.retain(|runner| process::send(runner, Signal::SIGKILL));
    // A runner keeps the session locked until the kernel has removed it.
    let is_dead = |runner: &ProcessId| process::liveness(runner) == Liveness::Dead;
    clock::wait_until(KILL_TIMEOUT, || runners.iter().all(is_dead));
    Ok(runners.len())
}
