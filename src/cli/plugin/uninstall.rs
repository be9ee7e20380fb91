//! `ap plugin uninstall`.
use super::claude::{Claude, Scope, plugin_id};
use super::files::{self, FileFlags};
use crate::cli::context::Context;
use crate::error::{ExitCode, Result};
use crate::plugin::{Copy, NAME};
use crate::text::count;
use crate::ui::out;

/// Remove the plugin from Claude Code, and its files
#[derive(clap::Args, Clone, Copy, Debug)]
#[command(mut_arg("files_only", |only| only.help("Only remove the files; Claude Code is not called")))]
pub(super) struct Args {
    /// Where Claude Code loads it: in all your projects, in this one for everyone, or in this one for you
    #[arg(long, value_enum, default_value = "user")]
    scope: Scope,
    #[command(flatten)]
    files: FileFlags,
}

pub(super) fn run(args: &Args, copy: &Copy, context: &Context) -> Result<ExitCode> {
    if !args.files.files_only
        && let Ok(claude) = Claude::find(context)
        && !claude.states()?.is_empty()
    {
        claude.call(&["uninstall", &plugin_id(), "--scope", args.scope.as_str()])?;
        claude.call(&["marketplace", "remove", NAME])?;
    }
    let kept = files::remove(copy, args.files.overwrite)?;
    if kept == 0 {
        copy.forget()?;
        out("The plugin is uninstalled.")?;
    } else {
        out(format!(
            "The plugin is uninstalled, except for {} of yours in {}.",
            count(kept, "edited file"),
            copy.root()
        ))?;
    }
    Ok(files::exit_code(kept))
}
