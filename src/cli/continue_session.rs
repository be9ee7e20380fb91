//! `ap continue`: continues a paused session, or ends a wait early.
use super::context::Context;
use super::control::ControlArgs;
use super::request;
use crate::error::{ExitCode, Result};
use crate::model::Request;

pub(super) fn run(args: &ControlArgs, context: &Context) -> Result<ExitCode> {
    let session = &args.of.session;
    request::send(session, &Request::Continue, context)?;
    args.report("continued", &format!("Session '{session}' continues."))?;
    Ok(ExitCode::Done)
}
