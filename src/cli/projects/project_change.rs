//! What was done to a project.
use crate::cli::format::Format;
use crate::error::{ExitCode, Result};
use crate::ui;
use serde::Serialize;

/// What was done to a project, as `--json` prints it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(in crate::cli) struct ProjectChange {
    /// The project's id.
    project: String,
    /// `added`, `known`, `removed`, `pausing`, `resumed`, `moved`, `set` or `unchanged`.
    result: &'static str,
    message: String,
}

impl ProjectChange {
    pub(super) fn new(
        project: &impl ToString,
        result: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            project: project.to_string(),
            result,
            message: message.into(),
        }
    }

    pub(in crate::cli) fn print(&self, format: Format) -> Result<ExitCode> {
        match format {
            Format::Text => ui::say(&self.message)?,
            Format::Json => ui::json::print(self)?,
        }
        Ok(ExitCode::Done)
    }
}
