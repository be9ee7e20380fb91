//! The process around a gate, a judge or a command of a queue: it ends all that the program leaves behind.
//!
//! It has no files and no job: the program has the streams that its caller gave us. It ends as the program did, so the
//! caller sees the end of the program itself.
use super::guard::release_files;
use super::signals::Signals;
use super::sweep::sweep;
use nix::sys::signal::Signal;
use nix::unistd::{Pid, getppid};
use std::ffi::OsString;
use std::io;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

/// How often to look whether the caller lives.
const INTERVAL: Duration = Duration::from_millis(200);
/// What we end by if the program cannot be started; our standard error says why.
pub const NOT_STARTED: Signal = Signal::SIGUSR1;

/// Runs a program for the process `caller` and ends as it ends. Everything it leaves is killed; everything is killed if
/// the caller dies.
pub(super) fn run(caller: &str, program: &[OsString]) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    nix::sys::prctl::set_child_subreaper(true)?;
    let mut signals = Signals::listen()?;
    let started = program.split_first().map(|(program, args)| {
        let mut command = Command::new(program);
        command.args(args).process_group(0).spawn()
    });
    let mut child = match started {
        Some(Ok(child)) => child,
        Some(Err(error)) => return not_started(&error),
        None => return not_started(&io::Error::from(io::ErrorKind::InvalidInput)),
    };
    release_files()?;
    let group = Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
    let status = wait(&mut child, caller, &mut signals)?;
    sweep(Some(group), true, &mut signals);
    match status {
        Some(status) => end_as(status),
        None => end_by(Signal::SIGKILL as i32),
    }
}

/// Waits for the program's end; nothing if it is to be killed.
fn wait(child: &mut Child, caller: &str, signals: &mut Signals) -> io::Result<Option<ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        let came = signals.wait(INTERVAL, None, None);
        let is_asked = [Signal::SIGTERM, Signal::SIGINT, Signal::SIGQUIT]
            .iter()
            .any(|signal| came.contains(signal));
        if is_asked || getppid().to_string() != caller {
            return Ok(None);
        }
    }
}

fn not_started(error: &io::Error) -> io::Result<()> {
    use std::io::Write as _;
    write!(io::stderr(), "{error}")?;
    end_by(NOT_STARTED as i32)
}

#[expect(
    clippy::disallowed_methods,
    reason = "this process holds no lock, and main cannot return the code of another program"
)]
fn end_as(status: ExitStatus) -> io::Result<()> {
    match (status.code(), status.signal()) {
        (Some(code), _) => std::process::exit(code),
        (None, Some(signal)) => end_by(signal),
        (None, None) => Ok(()),
    }
}

fn end_by(signal: i32) -> io::Result<()> {
    signal_hook::low_level::emulate_default_handler(signal)
}
