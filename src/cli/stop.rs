//! `ap stop`: ends a session's agent and then its runner; without a session the supervisor.
use super::candidates;
use super::context::Context;
use super::control;
use super::format::Format;
use super::request;
use super::session::is_alive;
use super::supervisor;
use crate::clock;
use crate::error::{Error, ErrorKind, ExitCode, Result};
use crate::fleet::StopHow;
use crate::model::{Request, SessionName, Stop, StopSource};
use crate::store::session::load_cached;
use crate::ui::next_command::NextCommand;
use std::time::Duration;

/// How long a stop may take: the agent gets 8 s to end, the processes it left behind 2 more.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(clap::Args, Debug)]
#[command(mut_arg("json", |json| json.help("Print JSON (`ap schema ap-control`, without a session `ap schema ap-stop-supervisor`)")))]
pub(super) struct Args {
    /// Name of the session; without it the supervisor is stopped, and its sessions
    #[arg(add = candidates::sessions())]
    session: Option<SessionName>,
    /// Without a session: give up waiting after this many seconds
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 60,
        conflicts_with = "session"
    )]
    timeout: u64,
    /// Without a session: let its sessions complete their iterations first
    #[arg(long, conflicts_with_all = ["session", "leave"])]
    drain: bool,
    /// Without a session: let its sessions run
    #[arg(long, conflicts_with = "session")]
    leave: bool,
    #[command(flatten)]
    format: Format,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let Some(session) = &args.session else {
        let how = match (args.drain, args.leave) {
            (true, _) => StopHow::Drain,
            (false, true) => StopHow::Leave,
            (false, false) => StopHow::Now,
        };
        let timeout = Duration::from_secs(args.timeout);
        return supervisor::stop::run(how, timeout, args.format, context);
    };
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
    control::report(session, args.format, "stopped", &message)?;
    Ok(ExitCode::Done)
}

fn runs(session: &SessionName, context: &Context) -> bool {
    load_cached(&context.project.session(session))
        .ok()
        .flatten()
        .is_some_and(|snapshot| is_alive(&context.project, &snapshot))
}
