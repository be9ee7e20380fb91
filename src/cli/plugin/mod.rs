//! `ap plugin`: writes the built-in Claude Code plugin to disk and has Claude Code load it.
mod claude;
mod files;
mod install;
mod status;
mod uninstall;
mod update;

use super::context::Context;
use crate::error::{Error, ExitCode, Result};
use crate::plugin::{self, Copy, NAME};
use camino::Utf8PathBuf;
use etcetera::BaseStrategy as _;

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
    let copy = copy(context)?;
    match &args.command {
        Command::Install(args) => install::run(args, &copy, context),
        Command::Update(args) => update::run(args, &copy, context),
        Command::Uninstall(args) => uninstall::run(args, &copy, context),
        Command::Status(args) => status::run(args, &copy, context),
    }
}

/// The user's copy of the plugin: in `~/.local/share/agent-pipelines/plugin`.
fn copy(context: &Context) -> Result<Copy> {
    let data = etcetera::choose_base_strategy()
        .map_err(|error| Error::failed(format!("the home folder: {error}")))?
        .data_dir();
    let data = Utf8PathBuf::from_path_buf(data)
        .map_err(|path| Error::usage(format!("the path {} is not UTF-8", path.display())))?;
    Ok(Copy::new(
        data.join(NAME).join("plugin"),
        plugin::files(context.exe.as_str()),
    ))
}
