//! `ap plugin update`.
use super::claude::{Claude, plugin_id};
use super::files::{self, FileFlags};
use crate::cli::context::Context;
use crate::error::{Error, ExitCode, Result};
use crate::plugin::{Copy, FileStatus};
use crate::ui::out;

/// Write the files of this version of ap, where the plugin is installed
#[derive(clap::Args, Clone, Copy, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    files: FileFlags,
}

pub(super) fn run(args: &Args, copy: &Copy, context: &Context) -> Result<ExitCode> {
    if copy
        .compare()?
        .iter()
        .all(|entry| entry.status == FileStatus::Missing)
    {
        let message = "the plugin is not installed, so there is nothing to update";
        return Err(Error::failed(message).hint("`ap plugin install` installs it"));
    }
    if args.files.files_only {
        return Ok(files::exit_code(files::write(copy, args.files.overwrite)?));
    }
    let claude = Claude::find(context)?;
    let kept = files::write(copy, args.files.overwrite)?;
    let states = claude.states()?;
    for state in &states {
        claude.call(&["update", &plugin_id(), "--scope", &state.scope])?;
    }
    out(if states.is_empty() {
        "Claude Code does not load the plugin: `ap plugin install` has it do so."
    } else {
        "Claude Code loads the new files from its next session on."
    })?;
    Ok(files::exit_code(kept))
}
