//! Runs a program for a bounded time.
//!
//! It runs in a process group of its own, gets its input from us or none, and its output is kept up to a
//! limit or goes to files. When its time is over, or when nothing waits for it any more, the group and all
//! descendants are killed. A program that ended by itself may leave others running on purpose, a daemon or a
//! job that a gate asks about later; those are left alone.
use super::process;
use crate::model::{CommandOutput, Env, ProcessId};
use camino::{Utf8Path, Utf8PathBuf};
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};
use thiserror::Error;

/// How much of each output stream is kept unless the caller asks for more; the rest is read and dropped.
const DEFAULT_MAX_OUTPUT: u64 = 1024 * 1024;
/// How long a program may run unless the caller says otherwise.
const DEFAULT_LIMIT: Duration = Duration::from_secs(60);
/// How often a limit that may shrink is read again.
const LIMIT_POLL: Duration = Duration::from_millis(200);
/// How long the pipes of an ended program may stay open: a process it left running may have inherited them.
const AFTER_EXIT: Duration = Duration::from_secs(2);
const CHUNK: usize = 64 * 1024;

/// Why a program has no output.
#[derive(Debug, Error)]
pub enum CommandError {
    #[error("it cannot be started: {0}")]
    Start(#[source] io::Error),
    #[error("it did not answer within {} s and was ended", .0.as_secs())]
    TimedOut(Duration),
    #[error("waiting for it failed: {0}")]
    Wait(#[source] io::Error),
}

/// A program to run, and the bounds it runs in.
#[derive(Debug)]
pub struct BoundedCommand {
    command: Command,
    input: Vec<u8>,
    limit: Duration,
    max_output: u64,
    own_group: bool,
    to_files: bool,
}

impl BoundedCommand {
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self {
            command,
            input: Vec::new(),
            limit: DEFAULT_LIMIT,
            max_output: DEFAULT_MAX_OUTPUT,
            own_group: true,
            to_files: false,
        }
    }

    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(args);
        self
    }

    /// Replaces the whole environment.
    #[must_use]
    pub fn clean_env(mut self, env: &Env) -> Self {
        self.command.env_clear().envs(env.iter());
        self
    }

    /// Adds variables to the environment.
    #[must_use]
    pub fn envs<K: AsRef<OsStr>, V: AsRef<OsStr>>(
        mut self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.command.envs(variables);
        self
    }

    #[must_use]
    pub fn current_dir(mut self, folder: &Utf8Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Writes `input` to standard input and closes it.
    #[must_use]
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Sets how many bytes of each output stream are kept.
    #[must_use]
    pub fn max_output(mut self, bytes: u64) -> Self {
        self.max_output = bytes;
        self
    }

    /// Sends the output to files instead of keeping it.
    #[must_use]
    pub fn output_to(mut self, stdout: File, stderr: File) -> Self {
        self.command.stdout(stdout).stderr(stderr);
        self.to_files = true;
        self
    }

    /// Leaves the program in our own process group, for a caller that is ended as a group itself.
    #[must_use]
    pub fn in_callers_group(mut self) -> Self {
        self.own_group = false;
        self
    }

    /// Runs the program to its end.
    pub fn run(self) -> Result<CommandOutput, CommandError> {
        let limit = self.limit;
        self.start()?.wait(|| limit)
    }

    /// Runs the program to its end without blocking the calling thread. Dropping the future kills the program.
    pub async fn run_async(self) -> Result<CommandOutput, CommandError> {
        let limit = self.limit;
        let running = self.start()?;
        let _cancel_on_drop = CancelOnDrop(running.wakeups.0.clone());
        tokio::task::spawn_blocking(move || running.wait(|| limit))
            .await
            .unwrap_or_else(|error| Err(CommandError::Wait(io::Error::other(error))))
    }

    /// Starts the program; [`RunningCommand::wait`] waits for its end.
    pub fn start(mut self) -> Result<RunningCommand, CommandError> {
        if self.own_group {
            self.command.process_group(0);
        }
        if !self.input.is_empty() {
            self.command.stdin(Stdio::piped());
        }
        let mut child = self.command.spawn().map_err(CommandError::Start)?;
        if let Some(mut stdin) = child.stdin.take() {
            let input = std::mem::take(&mut self.input);
            // The program may end without having read it all.
            std::thread::spawn(move || stdin.write_all(&input));
        }
        let pid = Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
        let (sender, receiver) = mpsc::channel();
        notify_of_exit(pid, sender.clone());
        Ok(RunningCommand {
            output: [
                collect(child.stdout.take(), self.max_output),
                collect(child.stderr.take(), self.max_output),
            ],
            child,
            pid,
            own_group: self.own_group,
            wakeups: (sender, receiver),
            reaped: false,
        })
    }
}

/// What ends a wait for a program.
enum Wakeup {
    Exited,
    Cancelled,
}

/// Cancels the wait for a program whose answer is no longer wanted.
struct CancelOnDrop(Sender<Wakeup>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        // The wait may be over already.
        let _ = self.0.send(Wakeup::Cancelled);
    }
}

/// A program that was started. It is killed when this is dropped before its end.
pub struct RunningCommand {
    child: Child,
    pid: Pid,
    own_group: bool,
    output: [Receiver<Vec<u8>>; 2],
    wakeups: (Sender<Wakeup>, Receiver<Wakeup>),
    reaped: bool,
}

impl RunningCommand {
    /// Returns the identity of the program's process, or nothing if it has ended already.
    pub fn identity(&self) -> Option<ProcessId> {
        process::identity(self.pid.as_raw())
    }

    /// Waits for the program's end. `limit` is read again and again, since it may shrink meanwhile.
    pub fn wait(mut self, limit: impl Fn() -> Duration) -> Result<CommandOutput, CommandError> {
        let began = Instant::now();
        loop {
            let left = limit().saturating_sub(began.elapsed());
            match self.wakeups.1.recv_timeout(left.min(LIMIT_POLL)) {
                Ok(Wakeup::Exited) => break,
                // Dropping `self` kills the program.
                Ok(Wakeup::Cancelled) => return Err(CommandError::TimedOut(began.elapsed())),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    if limit() <= began.elapsed() {
                        return Err(CommandError::TimedOut(limit()));
                    }
                }
            }
        }
        let status = self.reap().map_err(CommandError::Wait)?;
        let [stdout, stderr] = [&self.output[0], &self.output[1]].map(rest);
        Ok(CommandOutput {
            code: status.code(),
            signal: status.signal(),
            stdout,
            stderr,
        })
    }

    /// Reaps the program. Nothing else does, so its number, which is its group's too, is not reused before.
    fn reap(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait()?;
        self.reaped = true;
        Ok(status)
    }

    fn kill(&mut self) {
        let descendants = process::descendants(self.pid.as_raw());
        if self.own_group {
            let _ = killpg(self.pid, Signal::SIGKILL);
        }
        let _ = self.child.kill();
        // Those in groups of their own.
        for descendant in descendants {
            process::send(&descendant, Signal::SIGKILL);
        }
        let _ = self.reap();
    }
}

impl Drop for RunningCommand {
    fn drop(&mut self) {
        if !self.reaped {
            self.kill();
        }
    }
}

/// Sends a wakeup when a child has ended, and leaves it unreaped.
fn notify_of_exit(pid: Pid, wakeups: Sender<Wakeup>) {
    std::thread::spawn(move || {
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
        while waitid(Id::Pid(pid), flags) == Err(nix::Error::EINTR) {}
        // The wait may have been given up.
        let _ = wakeups.send(Wakeup::Exited);
    });
}

/// Reads a pipe to its end in a thread and passes on its first `max` bytes.
fn collect(pipe: Option<impl Read + Send + 'static>, max: u64) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    if let Some(mut pipe) = pipe {
        std::thread::spawn(move || {
            let mut chunk = vec![0; CHUNK];
            let mut left = usize::try_from(max).unwrap_or(usize::MAX);
            // What is over the limit is read too: a program that prints more must not wait for us.
            while let Ok(length @ 1..) = pipe.read(&mut chunk) {
                let kept = length.min(left);
                left -= kept;
                if sender.send(chunk[..kept].to_vec()).is_err() {
                    return;
                }
            }
        });
    }
    receiver
}

/// Returns all that came through a pipe whose program has ended.
fn rest(pipe: &Receiver<Vec<u8>>) -> Vec<u8> {
    let (mut bytes, deadline) = (Vec::new(), Instant::now() + AFTER_EXIT);
    // One deadline, whatever still comes: a process left running may print without end.
    while let Ok(chunk) = pipe.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        bytes.extend(chunk);
    }
    bytes
}

/// Finds a program on `path`; a name with a slash is a path, from `folder`.
pub fn find_program(
    name: impl AsRef<OsStr>,
    path: Option<&(impl AsRef<OsStr> + ?Sized)>,
    folder: &Utf8Path,
) -> Option<Utf8PathBuf> {
    let path = path.map(|path| OsString::from(path.as_ref()));
    let found = which::which_in(name, path, folder).ok()?;
    Utf8PathBuf::from_path_buf(found).ok()
}

#[cfg(test)]
mod tests;
