//! `ap plugin`: writes the built-in Claude Code plugin to disk and has Claude Code load it.
mod claude;
mod files;
mod install;
pub(super) mod status;
mod uninstall;
mod update;

use super::context::Context;
use crate::error::{ExitCode, Result};
use crate::plugin::{self, Copy};

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Install(install::Args),
    Update(update::Args),
    Uninstall(uninstall::Args),
    Status(status::Args),
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let copy = copy(context);
    match &args.command {
        Command::Install(args) => install::run(args, &copy, context),
        Command::Update(args) => update::run(args, &copy, context),
        Command::Uninstall(args) => uninstall::run(args, &copy, context),
        Command::Status(args) => status::run(args, &copy, context),
    }
}

/// Returns the user's copy of the plugin: in `~/.local/share/agent-pipelines/plugin`.
fn copy(context: &Context) -> Copy {
    Copy::new(
        context.dirs.data.join("plugin"),
        plugin::files(context.exe.as_str()),
    )
}
