//! A program that runs: waiting for its end, and killing it with all it started.
use super::error::CommandError;
use crate::exec::process;
use crate::exec::shim;
use crate::model::{CommandOutput, ProcessId};
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;
use std::io::{self, Read};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

/// How often a limit that may shrink is read again.
const LIMIT_POLL: Duration = Duration::from_millis(200);
/// How long the pipes of an ended program may stay open: a process it left running may have inherited them.
const AFTER_EXIT: Duration = Duration::from_secs(2);
/// Bytes of one read of an output stream.
const CHUNK: usize = 64 * 1024;

/// What ends a wait for a program.
enum Wakeup {
    Exited,
    Cancelled,
}

/// Cancels the wait for a program whose answer is no longer wanted.
pub(super) struct CancelOnDrop(Sender<Wakeup>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        // The wait may be over already.
        let _ = self.0.send(Wakeup::Cancelled);
    }
}

/// How a program runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Whether it leads a process group.
    pub(super) own_group: bool,
    /// How much of each output stream is kept.
    pub(super) max_output: u64,
    /// Whether a shim is around it, which ends by a signal of its own if the program cannot be started.
    pub(super) is_swept: bool,
}

/// A program that was started. It is killed when this is dropped before its end.
pub struct RunningCommand {
    child: Child,
    pid: Pid,
    bounds: Bounds,
    output: [Receiver<Vec<u8>>; 2],
    wakeups: (Sender<Wakeup>, Receiver<Wakeup>),
    reaped: bool,
}

impl RunningCommand {
    /// Watches a child that was just started. When it prints the text that is awaited, if any, this is sent.
    pub(super) fn new(
        mut child: Child,
        bounds: Bounds,
        awaited: Option<(&'static str, Sender<()>)>,
    ) -> Self {
        let pid = Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
        let wakeups = mpsc::channel();
        notify_of_exit(pid, wakeups.0.clone());
        Self {
            output: [
                collect(child.stdout.take(), bounds.max_output, awaited),
                collect(child.stderr.take(), bounds.max_output, None),
            ],
            child,
            pid,
            bounds,
            wakeups,
            reaped: false,
        }
    }

    /// Returns a guard that cancels the wait when it is dropped.
    pub(super) fn cancel_on_drop(&self) -> CancelOnDrop {
        CancelOnDrop(self.wakeups.0.clone())
    }

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
        if self.bounds.is_swept && status.signal() == Some(shim::NOT_STARTED as i32) {
            let why = String::from_utf8_lossy(&stderr).into_owned();
            return Err(CommandError::Start(io::Error::other(why)));
        }
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
        if self.bounds.own_group {
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

/// Reads a pipe to its end in a thread and passes on its first `max` bytes. Sends when the awaited text is among them.
fn collect(
    pipe: Option<impl Read + Send + 'static>,
    max: u64,
    mut awaited: Option<(&'static str, Sender<()>)>,
) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    if let Some(mut pipe) = pipe {
        std::thread::spawn(move || {
            let mut chunk = vec![0; CHUNK];
            let mut left = usize::try_from(max).unwrap_or(usize::MAX);
            let mut tail = Vec::new();
            // What is over the limit is read too: a program that prints more must not wait for us.
            while let Ok(length @ 1..) = pipe.read(&mut chunk) {
                let kept = length.min(left);
                left -= kept;
                if let Some((text, seen)) = &awaited {
                    tail.extend_from_slice(&chunk[..kept]);
                    if tail
                        .windows(text.len())
                        .any(|found| found == text.as_bytes())
                    {
                        let _ = seen.send(());
                        awaited = None;
                    } else {
                        // The text may be split between two reads.
                        tail.drain(..tail.len().saturating_sub(text.len()));
                    }
                }
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
