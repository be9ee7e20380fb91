//! The parent of a shim, for the case that the shim is killed.
//!
//! A shim that dies by `kill -9` cannot end its agent, and what the agent started can be out of reach of every group,
//! session and mark in the environment. The kernel hands all of it to the nearest ancestor that asked for it: this
//! process. It holds no file and no lock of the attempt, and ends as soon as the shim has ended by itself. If the guard
//! is killed instead, the kernel tells the shim, which then ends its agent.
use super::control::ControlRequest;
use super::signals::{GUARD_GONE, Signals};
use super::sweep::sweep;
use nix::sys::signal;
use nix::unistd::{Pid, dup2_stderr, dup2_stdin, dup2_stdout};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::process::{Child, Command};
use std::time::Duration;

/// Holds the guard's process id in the environment of a shim that has one.
const GUARD: &str = "AP_GUARD";
/// How long the guard sleeps at a time; signals wake it.
const INTERVAL: Duration = Duration::from_secs(3600);

/// Starts a shim, waits for its end, and ends what it left behind. `shim` are the arguments that make this program the
/// shim, `variables` is its environment, one `NAME=value` each.
pub(super) fn guard(shim: &[OsString], variables: &[OsString]) -> io::Result<()> {
    // Out of reach of the terminal and of the runner's process group. Fails only for a group leader, which already is.
    let _ = nix::unistd::setsid();
    #[cfg(target_os = "linux")]
    nix::sys::prctl::set_child_subreaper(true)?;
    let mut signals = Signals::listen()?;
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(shim)
        .env_clear()
        .env(GUARD, std::process::id().to_string());
    command.envs(variables.iter().filter_map(|variable| split(variable)));
    let child = command.spawn()?;
    release_files()?;
    wait(child, &mut signals)?;
    sweep(None, true, &mut signals);
    Ok(())
}

/// Makes the kernel tell this shim when its guard is gone. Fails if it is gone already.
pub(super) fn watch_guard() -> io::Result<()> {
    let Some(guard) = std::env::var_os(GUARD) else {
        return Ok(());
    };
    ask_to_be_told()?;
    if guard == OsStr::new(&parent()) {
        Ok(())
    } else {
        Err(io::Error::other("the guard is gone"))
    }
}

/// Asks the kernel for a signal when our parent is gone.
pub(super) fn ask_to_be_told() -> io::Result<()> {
    #[cfg(target_os = "linux")]
    nix::sys::prctl::set_pdeathsig(GUARD_GONE)?;
    Ok(())
}

/// Returns the number of our parent as the guard knows it: the first process of a namespace has none in its own.
fn parent() -> String {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    match fields.split_ascii_whitespace().nth(1) {
        Some(parent) => parent.to_owned(),
        None => nix::unistd::getppid().to_string(),
    }
}

/// Gives up the job, the locked `stdout.log` and the slot, which the shim holds from here on.
pub(super) fn release_files() -> io::Result<()> {
    let null = File::options().read(true).write(true).open("/dev/null")?;
    dup2_stdin(&null)?;
    dup2_stdout(&null)?;
    dup2_stderr(&null)?;
    Ok(())
}

/// Waits for the shim's end, passing on what the runner asks for.
fn wait(mut shim: Child, signals: &mut Signals) -> io::Result<()> {
    let pid = Pid::from_raw(i32::try_from(shim.id()).unwrap_or(i32::MAX));
    loop {
        if shim.try_wait()?.is_some() {
            return Ok(());
        }
        if let Some(request) = ControlRequest::among(&signals.wait(INTERVAL, None)) {
            // The shim has not been reaped, so the number is still its own.
            let _ = signal::kill(pid, request.signal());
        }
    }
}

fn split(variable: &OsStr) -> Option<(&OsStr, &OsStr)> {
    let bytes = variable.as_bytes();
    let at = bytes.iter().position(|byte| *byte == b'=')?;
    Some((
        OsStr::from_bytes(&bytes[..at]),
        OsStr::from_bytes(&bytes[at + 1..]),
    ))
}
