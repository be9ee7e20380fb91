//! The arguments and the report that all commands share that control a session.
use super::format::Format;
use super::session::SessionArgs;
use crate::error::Result;
use crate::model::SessionName;
use crate::ui;
use serde::Serialize;

#[derive(clap::Args, Debug)]
#[command(mut_arg("json", |json| json.help("Print JSON (`ap schema ap-control`)")))]
pub(super) struct ControlArgs {
    #[command(flatten)]
    pub(super) of: SessionArgs,
    #[command(flatten)]
    pub(super) format: Format,
}

/// What was done to a session, as `--json` prints it.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct ControlResult<'a> {
    session: &'a SessionName,
    /// `pausing`, `continued`, `stopped`, `killed`, `noted` or `blocked`.
    result: &'static str,
    message: &'a str,
}

impl ControlArgs {
    /// Prints what was done to the session.
    pub(super) fn report(&self, result: &'static str, message: &str) -> Result<()> {
        report(&self.of.session, self.format, result, message)
    }
}

/// Prints what was done to a session.
pub(super) fn report(
    session: &SessionName,
    format: Format,
    result: &'static str,
    message: &str,
) -> Result<()> {
    match format {
        Format::Text => ui::say(message),
        Format::Json => ui::json::print(&ControlResult {
            session,
            result,
            message,
        }),
    }
}
