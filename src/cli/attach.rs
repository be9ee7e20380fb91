//! `ap attach`: shows a session's tmux window.
use super::context::Context;
use super::session::{SessionArgs, find};
use crate::error::{Error, ExitCode, Result};
use crate::ui::report;

pub(super) fn run(args: &SessionArgs, context: &Context) -> Result<ExitCode> {
    let session = &args.session;
    let tmux = context.tmux();
    let run_dir = context.project.session(session);
    match tmux.find(session)? {
        Some(found) if found.run_dir == run_dir.root() => {
            tmux.attach(session).map(|()| ExitCode::Done)
        }
        Some(found) => Err(report::name_in_use(&found.name, &found.run_dir)),
        None => {
            find(session, context)?;
            Err(Error::failed(format!("session '{session}' has no window"))
                .hint(format!("see `ap status {session}` and `ap logs {session}`")))
        }
    }
}
