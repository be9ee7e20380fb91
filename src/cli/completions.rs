//! `ap completions`: the script that makes a shell complete `ap`.
use crate::error::{ExitCode, Result};
use crate::ui::out;
use clap::Command;
use clap_complete::Shell;

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Shell to complete for
    shell: Shell,
}

pub(super) fn run(args: &Args, mut command: Command) -> Result<ExitCode> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut command, "ap", &mut text);
    out(String::from_utf8_lossy(&text))?;
    Ok(ExitCode::Done)
}
