//! `ap pause`: pauses a session when its current iteration, wait or stage ends; without a session all projects.
use super::candidates;
use super::context::Context;
use super::control;
use super::format::Format;
use super::projects::parse_until;
use super::request;
use super::supervisor::pause::pause_all;
use crate::error::{ExitCode, Result};
use crate::model::{PauseAfter, Request, SessionName};
use jiff::Timestamp;

#[derive(clap::Args, Debug)]
#[command(mut_arg("json", |json| json.help("Print JSON (`ap schema ap-control`, without a session `ap schema ap-pause-all`)")))]
pub(super) struct Args {
    /// Name of the session; without it the supervisor gives no slices
    #[arg(add = candidates::sessions())]
    session: Option<SessionName>,
    /// When the pause begins: after the current `iteration` or wait, or once the current `node` is done
    #[arg(long, value_name = "WHAT", value_enum, default_value_t)]
    after: After,
    /// Without a session: until when, as 2h, 3d, 18:00 or 2026-12-24
    #[arg(long, value_name = "WHEN", value_parser = parse_until, conflicts_with = "session")]
    until: Option<Timestamp>,
    #[command(flatten)]
    format: Format,
}

/// When a pause begins.
#[derive(clap::ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
enum After {
    #[default]
    Iteration,
    Node,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let Some(session) = &args.session else {
        return pause_all(args.until, args.format, context);
    };
    let (after, when) = match args.after {
        After::Iteration => (PauseAfter::Iteration, "its current iteration or wait ends"),
        After::Node => (PauseAfter::Node, "its current stage is done"),
    };
    request::send(session, &Request::Pause { after }, context)?;
    control::report(
        session,
        args.format,
        "pausing",
        &format!("Session '{session}' pauses when {when}; `ap continue {session}` continues it."),
    )?;
    Ok(ExitCode::Done)
}
