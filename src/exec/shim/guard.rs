//! The parent of a shim, for the case that the shim is killed.
//!
//! A shim that dies by `kill -9` cannot end its agent, and what the agent started can be out of reach of every group,
//! session and mark in the environment. The kernel hands all of it to the nearest ancestor that asked for it: this
//! process. It holds no file and no lock of the attempt, and ends as soon as the shim has ended by itself. If the guard
//! is killed instead, the kernel tells the shim, which then ends its agent.
use super::control::ControlRequest;
use super::signals::{GUARD_GONE, Signals};
use super::sweep::sweep;
#[cfg(target_os = "linux")]
use crate::exec::process;
use nix::errno::Errno;
use nix::sys::signal::{self, SigSet};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, dup2_stderr, dup2_stdin, dup2_stdout};
use std::fs::File;
use std::io;
use std::time::Duration;

/// How long the guard sleeps at a time; signals wake it.
const INTERVAL: Duration = Duration::from_secs(3600);

/// Forks a shim, in which this returns the signals that reach it. In the guard it waits for the shim's end, ends what the
/// shim left behind, and returns nothing. The process must have one thread. A fork costs far less than starting the program
/// once more.
pub(super) fn fork_shim() -> io::Result<Option<Signals>> {
    // Out of reach of the terminal and of the runner's process group. Fails only for a group leader, which already is.
    let _ = nix::unistd::setsid();
    #[cfg(target_os = "linux")]
    nix::sys::prctl::set_child_subreaper(true)?;
    // A request that comes before either of the two listens is delivered when it does.
    let unblocked = SigSet::thread_get_mask()?;
    SigSet::all().thread_block()?;
    let guard = std::process::id();
    match fork()? {
        ForkResult::Child => {
            let signals = Signals::listen()?;
            unblocked.thread_set_mask()?;
            watch_guard(guard)?;
            Ok(Some(signals))
        }
        ForkResult::Parent { child } => {
            #[cfg(target_os = "linux")]
            process::become_guard()?;
            release_files()?;
            let mut signals = Signals::listen()?;
            unblocked.thread_set_mask()?;
            wait(child, &mut signals)?;
            sweep(None, true, &mut signals);
            Ok(None)
        }
    }
}

#[expect(
    unsafe_code,
    reason = "a copy of a process with several threads may wait forever for a lock of another one; a guard has one thread, which nothing has joined since main"
)]
fn fork() -> io::Result<ForkResult> {
    // SAFETY: this process has one thread, so the child is in the same state and may call what its parent may call.
    Ok(unsafe { nix::unistd::fork() }?)
}

/// Makes the kernel tell this shim when its guard is gone. Fails if it is gone already.
fn watch_guard(guard: u32) -> io::Result<()> {
    ask_to_be_told()?;
    if guard.to_string() == parent() {
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
fn wait(shim: Pid, signals: &mut Signals) -> io::Result<()> {
    loop {
        match waitpid(shim, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) | Err(Errno::EINTR) => (),
            Ok(_) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        if let Some(request) = ControlRequest::among(&signals.wait(INTERVAL, None, None)) {
            // The shim has not been reaped, so the number is still its own.
            let _ = signal::kill(shim, request.signal());
        }
    }
}
