//! `ap stop`: ends a session's agent and then its runner.
use super::context::Context;
use super::request;
use super::session::{SessionArgs, is_alive};
use crate::clock;
use crate::error::{Error, ErrorKind, ExitCode, Result};
use crate::model::{Request, Stop, StopSource};
use crate::store::session::load_cached;
use crate::ui::next_command::NextCommand;
use crate::ui::say;
use std::time::Duration;

/// How long a stop may take: the agent gets 8 s to end, the processes it left behind 2 more.
const STOPPED: Duration = Duration::from_secs(30);

pub(super) fn run(args: &SessionArgs, context: &Context) -> Result<ExitCode> {
    let session = &args.session;
    let stop = Stop::new(StopSource::Person, "ap stop");
    let snapshot = request::send(session, &Request::Stop(stop), context)?;
    if !clock::wait_until(STOPPED, || !runs(args, context)) {
        return Err(Error::new(
            ErrorKind::NoAnswer,
            format!("session '{session}' is still ending its agent"),
        )
        .hint(format!("`ap kill {session}` does not wait")));
    }
    say(format!(
        "Session '{session}' is stopped. Continue it with `{}`.",
        NextCommand::resume(&snapshot.plan, &snapshot.state)
    ))?;
    Ok(ExitCode::Done)
}

fn runs(args: &SessionArgs, context: &Context) -> bool {
    load_cached(&context.project.session(&args.session))
        .ok()
        .flatten()
        .is_some_and(|snapshot| is_alive(&context.project, &snapshot))
}
