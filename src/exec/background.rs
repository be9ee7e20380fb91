//! Starts a program that outlives its caller.
use crate::model::Env;
use crate::store::crash;
use camino::Utf8Path;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

/// Starts `exe` with these arguments in a process group of its own, without a terminal.
pub fn start_detached(
    exe: &Utf8Path,
    args: &[&str],
    vars: &Env,
    folder: &Utf8Path,
) -> io::Result<()> {
    let mut child = Command::new(exe)
        .args(args)
        .env_clear()
        .envs(vars.iter())
        .envs(crash::pass_on())
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()?;
    // So that it leaves no zombie while we live; after us it is init's.
    std::thread::Builder::new()
        .name("detached".to_owned())
        .stack_size(64 * 1024)
        .spawn(move || child.wait())
        .map(drop)
}
