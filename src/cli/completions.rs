//! `ap completions`: the script by which a shell asks `ap` itself what to complete, and the answers.
use super::context::Context;
use crate::error::{Error, ExitCode, Result};
use crate::ui::out;
use clap::Command;
use clap_complete::Shell;
use clap_complete::env::{EnvCompleter, Shells};
use std::ffi::OsString;

/// The variable in which the script names its shell. Its command is `ap -- ap <words>`.
const SHELL: &str = "AP_COMPLETE";

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Shell to complete for
    shell: Shell,
}

/// Prints the script.
pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let mut script = Vec::new();
    let exe = context.exe.as_str();
    completer(&args.shell.to_string())?.write_registration(SHELL, "ap", "ap", exe, &mut script)?;
    out(String::from_utf8_lossy(&script))?;
    Ok(ExitCode::Done)
}

/// Whether a shell asks what to complete.
pub(super) fn is_request(context: &Context) -> bool {
    context.env.contains_key(SHELL)
}

/// Prints what completes the last of the words after `--`.
pub(super) fn complete(
    args: &[OsString],
    mut command: Command,
    context: &Context,
) -> Result<ExitCode> {
    let shell = context.env.get(SHELL).map_or("", String::as_str);
    let words = args.get(2..).unwrap_or_default().to_vec();
    let mut answer = Vec::new();
    if !words.is_empty() {
        command.build();
        completer(shell)?.write_complete(&mut command, words, None, &mut answer)?;
    }
    out(String::from_utf8_lossy(&answer))?;
    Ok(ExitCode::Done)
}

fn completer(shell: &str) -> Result<&'static dyn EnvCompleter> {
    let mut shells = Shells::builtins().0.iter().copied();
    shells
        .find(|completer| completer.is(shell))
        .ok_or_else(|| Error::usage(format!("`{shell}` cannot be completed")))
}
