//! Claude Code's own command line: `claude plugin …`.
use crate::cli::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::command::{BoundedCommand, find_agent_program};
use crate::plugin::NAME;
use crate::ui::progress::Progress;
use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Time limit of one call, which may download something.
const CALL_LIMIT: Duration = Duration::from_secs(300);

/// Where Claude Code loads the plugin.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(super) enum Scope {
    // No doc comments on the variants: clap would give this command the long form of help.
    User,
    Project,
    Local,
}

impl Scope {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Project => "project",
            Self::Local => "local",
        }
    }
}

pub(super) struct Claude<'a> {
    program: Utf8PathBuf,
    context: &'a Context,
}

/// What Claude Code knows of the plugin.
#[derive(Default, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct PluginState {
    pub(super) found: bool,
    pub(super) version: Option<String>,
    pub(super) enabled: bool,
    /// Where it loads the plugin from: our copy, or in older versions a copy of its own.
    pub(super) folder: Option<String>,
    #[serde(skip)]
    pub(super) scope: String,
}

/// One plugin in the output of `claude plugin list --json`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    #[serde(default)]
    id: String,
    version: Option<String>,
    #[serde(default)]
    enabled: bool,
    read_from_folder: Option<String>,
    install_path: Option<String>,
    scope: Option<String>,
}

/// The plugin's name for Claude Code: plugin and marketplace.
pub(super) fn plugin_id() -> String {
    format!("{NAME}@{NAME}")
}

impl<'a> Claude<'a> {
    /// Finds the program.
    pub(super) fn find(context: &'a Context) -> Result<Self> {
        let settings = context.settings()?;
        let name = settings
            .programs
            .get("claude")
            .map_or("claude", String::as_str);
        let found = find_agent_program(name, &context.env, context.project.root());
        let program = found.ok_or_else(|| {
            Error::new(ErrorKind::ProgramMissing, format!("`{name}` is not on PATH, so nothing was changed"))
                .hint("install Claude Code (`npm install -g @anthropic-ai/claude-code`), or use `--files-only` and load the files with `claude --plugin-dir`")
        })?;
        Ok(Self { program, context })
    }

    /// Calls `claude plugin …`, and returns what it printed.
    pub(super) fn call(&self, args: &[&str]) -> Result<String> {
        let progress = Progress::unknown();
        progress.doing(format!("claude plugin {}", args.join(" ")));
        let output = BoundedCommand::new(&self.program)
            .args(["plugin"])
            .args(args)
            .current_dir(self.context.project.root())
            .in_callers_group()
            .limit(CALL_LIMIT)
            .run()
            .map_err(Error::failed_by)?;
        drop(progress);
        let [stdout, stderr] = [&output.stdout, &output.stderr]
            .map(|bytes| String::from_utf8_lossy(bytes).trim().to_owned());
        if output.is_success() {
            return Ok(stdout);
        }
        let reason = if stderr.is_empty() { stdout } else { stderr };
        Err(Error::new(
            ErrorKind::Program,
            format!("`claude plugin {}` failed: {reason}", args.join(" ")),
        )
        .hint("the files are in place; `ap plugin status` shows what is missing"))
    }

    /// Returns one state for each scope the plugin is installed in.
    pub(super) fn states(&self) -> Result<Vec<PluginState>> {
        let list = self.call(&["list", "--json"])?;
        let listed: Vec<Listed> = serde_json::from_str(&list).map_err(Error::failed_by)?;
        let id = plugin_id();
        Ok(listed
            .into_iter()
            .filter(|plugin| plugin.id == id)
            .map(PluginState::from)
            .collect())
    }
}

impl From<Listed> for PluginState {
    fn from(plugin: Listed) -> Self {
        Self {
            found: true,
            version: plugin.version,
            enabled: plugin.enabled,
            folder: plugin.read_from_folder.or(plugin.install_path),
            scope: plugin
                .scope
                .unwrap_or_else(|| Scope::User.as_str().to_owned()),
        }
    }
}
