//! `ap pause`: pauses a session when its current iteration, wait or stage ends.
use super::context::Context;
use super::control::ControlArgs;
use super::request;
use crate::error::{ExitCode, Result};
use crate::model::{PauseAfter, Request};

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    control: ControlArgs,
    /// When the pause begins: after the current `iteration` or wait, or once the current `node` is done
    #[arg(long, value_name = "WHAT", value_enum, default_value_t)]
    after: After,
}

/// When a pause begins.
#[derive(clap::ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
enum After {
    #[default]
    Iteration,
    Node,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let session = &args.control.of.session;
    let (after, when) = match args.after {
        After::Iteration => (PauseAfter::Iteration, "its current iteration or wait ends"),
        After::Node => (PauseAfter::Node, "its current stage is done"),
    };
    request::send(session, &Request::Pause { after }, context)?;
    args.control.report(
        "pausing",
        &format!("Session '{session}' pauses when {when}; `ap continue {session}` continues it."),
    )?;
    Ok(ExitCode::Done)
}
