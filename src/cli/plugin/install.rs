//! `ap plugin install`.
use super::claude::{Claude, Scope, plugin_id};
use super::files::{self, FileFlags};
use crate::cli::context::Context;
use crate::error::{ExitCode, Result};
use crate::plugin::Copy;
use crate::text::shell_quote;
use crate::ui::out;

/// Write the plugin's files and have Claude Code load them
#[derive(clap::Args, Clone, Copy, Debug)]
pub(super) struct Args {
    /// Where Claude Code loads it: in all your projects, in this one for everyone, or in this one for you
    #[arg(long, value_enum, default_value = "user")]
    scope: Scope,
    #[command(flatten)]
    files: FileFlags,
}

pub(super) fn run(args: &Args, copy: &Copy, context: &Context) -> Result<ExitCode> {
    if args.files.files_only {
        let kept = files::write(copy, args.files.overwrite)?;
        let folder = shell_quote(copy.root().as_str());
        out(format!("Load it with `claude --plugin-dir {folder}`."))?;
        return Ok(files::exit_code(kept));
    }
    let claude = Claude::find(context)?;
    let kept = files::write(copy, args.files.overwrite)?;
    let scope = args.scope.as_str();
    claude.call(&["marketplace", "add", copy.root().as_str(), "--scope", scope])?;
    claude.call(&["install", &plugin_id(), "--scope", scope])?;
    out(
        "Claude Code loads the plugin from its next session on: try `/agent-pipelines:sessions`, or ask it whether a session runs.",
    )?;
    Ok(files::exit_code(kept))
}
