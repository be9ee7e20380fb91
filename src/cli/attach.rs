//! `ap attach`: shows a session's tmux window.
use super::context::Context;
use super::launch::tmux_launcher;
use super::session::{SessionArgs, find, is_alive};
use crate::error::{Error, ErrorKind, ExitCode, Result};
use crate::exec::launcher::runs_in_another_terminal;

pub(super) fn run(args: &SessionArgs, context: &Context) -> Result<ExitCode> {
    let session = &args.session;
    let launcher = tmux_launcher(context);
    let run_dir = context.project.session(session);
    match launcher.tmux.find(run_dir.root())? {
        Some(found) => launcher.tmux.attach(&found.name).map(|()| ExitCode::Done),
        None => {
            let snapshot = find(session, context)?;
            if is_alive(&context.project, &snapshot) {
                return Err(runs_in_another_terminal(session));
            }
            Err(Error::new(
                ErrorKind::NotRunning,
                format!("session '{session}' has no window"),
            )
            .hint(format!("see `ap status {session}` and `ap logs {session}`")))
        }
    }
}
