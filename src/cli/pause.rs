//! `ap pause`: pauses a session when its current iteration or wait ends.
use super::context::Context;
use super::control::ControlArgs;
use super::request;
use crate::error::{ExitCode, Result};
use crate::model::Request;

pub(super) fn run(args: &ControlArgs, context: &Context) -> Result<ExitCode> {
    let session = &args.of.session;
    request::send(session, &Request::Pause, context)?;
    args.report(
        "pausing",
        &format!("Session '{session}' pauses when its current iteration or wait ends; `ap continue {session}` continues it."),
    )?;
    Ok(ExitCode::Done)
}
