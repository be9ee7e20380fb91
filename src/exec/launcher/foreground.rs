//! A runner in the calling process and its terminal.
use super::launch::{EndedRunner, Launch, Launched, Launcher, RunnerState};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::process::{self, Liveness};
use crate::model::SessionName;
use crate::store::layout::Project;
use crate::store::lock::SessionLock;
use camino::Utf8Path;
use nix::sys::signal::Signal;

/// Runs the runner in the calling process, to its end.
pub struct Foreground<R> {
    pub project: Project,
    /// The runner itself.
    pub run: fn(&R) -> Result<Launched>,
}

impl<R> Launcher<R> for Foreground<R> {
    fn submit(&self, launch: &Launch<'_, R>) -> Result<Launched> {
        (launch.permit)()?;
        (self.run)(&launch.request)
    }

    fn state(&self, session: &SessionName, _run_dir: &Utf8Path) -> RunnerState {
        let Some(holder) = SessionLock::holder(&self.project.lock(session)) else {
            return RunnerState::Gone {
                why: "it has released its session".to_owned(),
            };
        };
        let host = holder.process.host.clone();
        match process::liveness(&holder.process) {
            Liveness::Alive => RunnerState::Running { host },
            Liveness::Dead => RunnerState::Gone {
                why: "it was killed".to_owned(),
            },
            Liveness::Unknown => RunnerState::Unknown {
                why: Error::new(
                    ErrorKind::RunsElsewhere,
                    format!("session '{session}' runs on another machine, {host}"),
                ),
            },
        }
    }

    fn cancel(&self, session: &SessionName, _run_dir: &Utf8Path) -> Result<()> {
        if let Some(holder) = SessionLock::holder(&self.project.lock(session)) {
            process::send(&holder.process, Signal::SIGTERM);
        }
        Ok(())
    }

    fn ended(&self, _runs: &Utf8Path) -> Result<Vec<EndedRunner>> {
        Ok(Vec::new())
    }

    fn attach(&self, session: &SessionName, _run_dir: &Utf8Path) -> Result<()> {
        Err(runs_in_another_terminal(session))
    }
}

/// Returns the error for a session without a window, whose runner is a process of another terminal.
pub fn runs_in_another_terminal(session: &SessionName) -> Error {
    let message = format!("session '{session}' runs in another terminal");
    Error::new(ErrorKind::RunsElsewhere, message)
        .hint(format!("follow it with `ap logs {session} -f`"))
}
