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
            None => error.hint(above(session, &context.project)),
        }
    })
}

/// Returns where else the session is, or how to list the sessions.
fn above(session: &SessionName, project: &Project) -> String {
    let above = project.root().ancestors().skip(1);
    let mut with_sessions = above
        .map(|folder| Project::new(folder.to_owned()))
        .filter(|above| above.runs().is_dir());
    let Some(first) = with_sessions.next() else {
        return "`ap list` shows the sessions there are".to_owned();
    };
    let named = std::iter::once(first.clone())
        .chain(with_sessions)
        .find(|above| above.session(session).journal().exists());
    match named {
        Some(above) => format!(
            "{} has a session of that name: run the command there",
            above.root()
        ),
        None => format!(
            "`ap list` shows the sessions there are; the project above, {}, has its own: run the command there",
            first.root()
        ),
    }
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
