//! `ap pause` and `ap continue` without a session: no slices for any project, and slices again.
use crate::cli::context::Context;
use crate::cli::format::Format;
use crate::clock;
use crate::error::{ExitCode, Result};
use crate::fleet::FleetRequest;
use crate::store::fleet;
use crate::ui::{self, time};
use jiff::Timestamp;
use serde::Serialize;

/// What became of a pause of all projects, as `--json` prints it.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(in crate::cli) struct PauseAll {
    /// `pausing` or `continued`.
    result: &'static str,
    until: Option<Timestamp>,
    message: String,
}

impl PauseAll {
    fn print(&self, format: Format) -> Result<ExitCode> {
        match format {
            Format::Text => ui::say(&self.message)?,
            Format::Json => ui::json::print(self)?,
        }
        Ok(ExitCode::Done)
    }
}

/// Has the supervisor give no slices.
pub(in crate::cli) fn pause_all(
    until: Option<Timestamp>,
    format: Format,
    context: &Context,
) -> Result<ExitCode> {
    let now = clock::now();
    let by = "ap pause".to_owned();
    fleet::request(&context.dirs, &FleetRequest::PauseAll { until, by }, now)?;
    let end = until.map_or_else(
        || "until `ap continue`".to_owned(),
        |until| format!("until {}", time::local(until, now)),
    );
    PauseAll {
        result: "pausing",
        until,
        message: format!("The supervisor gives no slices {end}; what runs continues."),
    }
    .print(format)
}

/// Has the supervisor give slices again.
pub(in crate::cli) fn continue_all(format: Format, context: &Context) -> Result<ExitCode> {
    let by = "ap continue".to_owned();
    fleet::request(
        &context.dirs,
        &FleetRequest::ContinueAll { by },
        clock::now(),
    )?;
    PauseAll {
        result: "continued",
        until: None,
        message: "The supervisor gives slices again.".to_owned(),
    }
    .print(format)
}
