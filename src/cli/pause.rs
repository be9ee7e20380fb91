//! `ap pause`: pauses a session when its current iteration ends.
use super::context::Context;
use super::request;
use super::session::SessionArgs;
use crate::error::{ExitCode, Result};
use crate::model::Request;
use crate::ui::say;

pub(super) fn run(args: &SessionArgs, context: &Context) -> Result<ExitCode> {
    request::send(&args.session, &Request::Pause, context)?;
    say(format!(
        "Session '{0}' pauses when its current iteration ends; `ap continue {0}` continues it.",
        args.session
    ))?;
    Ok(ExitCode::Done)
}
