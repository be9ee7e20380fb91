//! The session a command is about: its name as an argument, its state, and whether its runner lives.
use super::candidates;
use super::context::Context;
use super::session_path::elsewhere;
use crate::engine::Phase;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::holder::is_running;
use crate::exec::process::{self, Liveness};
use crate::model::{ProcessId, SessionName};
use crate::store::layout::Project;
use crate::store::session::{Snapshot, load_cached};

/// The argument of commands that need nothing but a session.
#[derive(clap::Args, Debug)]
pub(super) struct SessionArgs {
    /// Name of the session
    #[arg(add = candidates::sessions())]
    pub(super) session: SessionName,
}

/// Loads a session that must exist.
pub(super) fn find(session: &SessionName, context: &Context) -> Result<Snapshot> {
    load_cached(&context.project.session(session))?.ok_or_else(|| {
        let message = format!(
            "there is no session '{session}' in {}",
            context.project.root()
        );
        let error = Error::new(ErrorKind::SessionNotFound, message);
        match elsewhere(session, context) {
            Some(hint) => error.hint(hint),
            None => error.hint("`ap list` shows the sessions there are"),
        }
    })
}

/// Whether the session's runner lives: by its lock file, or by the journal when the lock file was deleted.
pub(super) fn is_alive(project: &Project, snapshot: &Snapshot) -> bool {
    let ended = matches!(snapshot.state.phase, Phase::Ended { .. });
    let journalled = snapshot.state.session.runner.as_ref().filter(|_| !ended);
    runner_lives(journalled) || is_running(project, &snapshot.plan.session)
}

/// Whether a runner that the journal names may still live: one on another machine may.
pub(super) fn runner_lives(runner: Option<&ProcessId>) -> bool {
    runner.is_some_and(|runner| process::liveness(runner) != Liveness::Dead)
}
