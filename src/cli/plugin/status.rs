//! `ap plugin status`.
use super::claude::{Claude, PluginState};
use crate::cli::context::Context;
use crate::cli::format::Format;
use crate::error::{ExitCode, Result};
use crate::plugin::{Copy, Entry, FileStatus};
use crate::text::count;
use crate::ui::{self, out};
use serde::Serialize;

/// Show what is installed, and what of it was edited
#[derive(clap::Args, Clone, Copy, Debug)]
#[command(mut_arg("json", |json| json.help("Print JSON (`ap schema ap-plugin-status`)")))]
pub(super) struct Args {
    #[command(flatten)]
    format: Format,
}

/// `ap plugin status --json`.
#[derive(Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(in crate::cli) struct Status {
    folder: String,
    version: &'static str,
    /// Whether every file is there.
    installed: bool,
    files: Vec<Entry>,
    claude: PluginState,
}

pub(super) fn run(args: &Args, copy: &Copy, context: &Context) -> Result<ExitCode> {
    let files = copy.compare()?;
    let states = Claude::find(context)
        .and_then(|claude| claude.states())
        .unwrap_or_default();
    let status = Status {
        folder: copy.root().to_string(),
        version: env!("CARGO_PKG_VERSION"),
        installed: files
            .iter()
            .all(|entry| entry.status != FileStatus::Missing),
        files,
        claude: states.into_iter().next().unwrap_or_default(),
    };
    if args.format == Format::Json {
        ui::json::print(&status)?;
        return Ok(ExitCode::Done);
    }
    out(status.text())?;
    for entry in status.with(FileStatus::Edited) {
        out(format!("\n{}", copy.difference(&entry.path)?.trim_end()))?;
    }
    Ok(ExitCode::Done)
}

impl Status {
    fn with(&self, status: FileStatus) -> Vec<&Entry> {
        self.files
            .iter()
            .filter(|entry| entry.status == status)
            .collect()
    }

    fn text(&self) -> String {
        let mut lines = vec![self.files_line()];
        let old = self.with(FileStatus::Outdated).len() + self.with(FileStatus::Left).len();
        if 0 < old {
            lines.push(format!(
                "Older   {}; `ap plugin update` updates them to {}",
                count(old, "file"),
                self.version
            ));
        }
        let edited: Vec<&str> = self
            .with(FileStatus::Edited)
            .iter()
            .map(|entry| entry.path.as_str())
            .collect();
        if !edited.is_empty() {
            lines.push(format!("Edited  {}", edited.join(", ")));
        }
        lines.push(self.claude_line());
        lines.join("\n")
    }

    fn files_line(&self) -> String {
        let missing = self.with(FileStatus::Missing).len();
        if self.installed {
            format!("Files   {} in {}", self.files.len(), self.folder)
        } else if missing + 1 < self.files.len() {
            format!(
                "Files   {missing} missing in {}; `ap plugin install` writes them",
                self.folder
            )
        } else {
            "Files   none; `ap plugin install` writes them".to_owned()
        }
    }

    fn claude_line(&self) -> String {
        match (self.claude.found, self.claude.enabled, &self.claude.folder) {
            (true, true, Some(folder)) => format!("Claude  loads it from {folder}"),
            (true, true, None) => "Claude  loads it".to_owned(),
            (true, false, _) => "Claude  has it installed, but disabled".to_owned(),
            (false, ..) => "Claude  does not load it".to_owned(),
        }
    }
}
