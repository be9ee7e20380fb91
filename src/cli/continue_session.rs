//! `ap continue`: continues a paused session, or ends a wait early.
use super::context::Context;
use super::request;
use super::session::SessionArgs;
use crate::error::{ExitCode, Result};
use crate::model::Request;
use crate::ui::say;

pub(super) fn run(args: &SessionArgs, context: &Context) -> Result<ExitCode> {
    request::send(&args.session, &Request::Continue, context)?;
    say(format!("Session '{}' continues.", args.session))?;
    Ok(ExitCode::Done)
}
