//! `ap stop`: ends a session's agent and then its runner.
use super::context::Context;
use super::control::ControlArgs;
use super::request;
use super::session::is_alive;
use crate::clock;
use crate::error::{Error, ErrorKind, ExitCode, Result};
use crate::model::{Request, SessionName, Stop, StopSource};
use crate::store::session::load_cached;
use crate::ui::next_command::NextCommand;
use std::time::Duration;

/// How long a stop may take: the agent gets 8 s to end, the processes it left behind 2 more.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

pub(super) fn run(args: &ControlArgs, context: &Context) -> Result<ExitCode> {
    let session = &args.of.session;
    let stop = Stop::new(StopSource::Person, "ap stop");
    let snapshot = request::send(session, &Request::Stop(stop), context)?;
    if !clock::wait_until(STOP_TIMEOUT, || !runs(session, context)) {
        return Err(Error::new(
            ErrorKind::NoAnswer,
            format!("session '{session}' is still ending its agent"),
        )
        .hint(format!("`ap kill {session}` does not wait")));
    }
    let message = format!(
        "Session '{session}' is stopped. Continue it with `{}`.",
        NextCommand::resume(&snapshot.plan, &snapshot.state)
    );
    args.report("stopped", &message)?;
    Ok(ExitCode::Done)
}

fn runs(session: &SessionName, context: &Context) -> bool {
    load_cached(&context.project.session(session))
        .ok()
        .flatten()
        .is_some_and(|snapshot| is_alive(&context.project, &snapshot))
}
