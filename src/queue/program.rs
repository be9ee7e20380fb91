//! Calls a tracker's program: no input but what we give it, no more time than it may take, stdout and stderr apart.
use super::error::{QueueError, QueueErrorKind, Result};
use super::lock::note_call;
use crate::clock;
use crate::exec::command::{BoundedCommand, CommandError, RunningCommand, find_program};
use crate::model::{CommandOutput, Env};
use camino::Utf8PathBuf;
use std::fs::File;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How a tracker's programs are called: where, and how long one call may take.
#[derive(Debug)]
pub(in crate::queue) struct Program {
    pub(in crate::queue) cwd: Utf8PathBuf,
    pub(in crate::queue) env: Env,
    pub(in crate::queue) limit: Duration,
    pub(in crate::queue) hurried: AtomicBool,
    /// Whether what a call leaves running is killed at its end. A tracker may have a daemon.
    pub(in crate::queue) is_swept: bool,
    /// Where calls are written down while our lock of the database is held.
    pub(in crate::queue) call_log: Mutex<Option<File>>,
}

/// How long a call may take once the user waits for the end.
const SHORT_TIME_LIMIT: Duration = Duration::from_secs(5);
/// More than any tracker prints for ten thousand tasks with long texts.
const MAX_OUTPUT: u64 = 256 * 1024 * 1024;

/// How often a read is made before its failure counts.
const MAX_READS: u32 = 5;
/// How often a call that does not answer is tried.
const MAX_TIMEOUTS: u32 = 2;
/// How long a database may be busy before that counts as a failure.
const BUSY_LIMIT: Duration = Duration::from_secs(30);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_secs(2);

impl Program {
    /// Does what changes nothing, again and again while it fails, within bounds.
    pub(in crate::queue) fn read<T>(&self, once: impl Fn() -> Result<T>) -> Result<T> {
        self.again(MAX_READS, once)
    }

    /// Does what changes something, again only while the database is busy: then nothing has been changed.
    pub(in crate::queue) fn change<T>(&self, once: impl Fn() -> Result<T>) -> Result<T> {
        self.again(1, once)
    }

    fn again<T>(&self, tries: u32, once: impl Fn() -> Result<T>) -> Result<T> {
        let (began, mut pause, mut failures) = (Instant::now(), FIRST_PAUSE, 0);
        loop {
            let error = match once() {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            failures += 1;
            let worth = match error.kind {
                QueueErrorKind::Busy => began.elapsed() < BUSY_LIMIT,
                // Each attempt may take the whole time limit, so there are only two.
                QueueErrorKind::Silent => failures < tries.min(MAX_TIMEOUTS),
                QueueErrorKind::Unavailable | QueueErrorKind::Protocol => failures < tries,
                QueueErrorKind::Missing | QueueErrorKind::Rejected => false,
            };
            if !worth || self.has_short_timeouts() {
                return Err(error);
            }
            clock::pause(pause);
            pause = (pause * 2).min(MAX_PAUSE);
        }
    }

    /// Whether the user waits for the end.
    pub(in crate::queue) fn has_short_timeouts(&self) -> bool {
        self.hurried.load(Ordering::Relaxed)
    }

    /// Calls the program, with `env` over its own environment, and waits for its end. What it started in its group ends with it if it takes too long.
    pub(in crate::queue) fn call<S: AsRef<std::ffi::OsStr>>(
        &self,
        name: &str,
        args: &[S],
        env: &[(&str, &str)],
        input: &[u8],
    ) -> Result<CommandOutput> {
        let missing = |error: &dyn std::fmt::Display| missing(name, error);
        let path = find_program(name, self.env.get("PATH"), &self.cwd)
            .ok_or_else(|| missing(&"there is no such program on PATH"))?;
        let command = if self.is_swept {
            BoundedCommand::swept(path)
        } else {
            BoundedCommand::new(path)
        };
        let running = command
            .args(args)
            .current_dir(&self.cwd)
            .clean_env(&self.env)
            .envs(env.iter().copied())
            .input(input)
            .max_output(MAX_OUTPUT)
            .start()
            .map_err(|error| missing(&error))?;
        self.note(&running);
        running.wait(|| self.limit()).map_err(|error| match error {
            CommandError::TimedOut(limit) => QueueError::new(
                QueueErrorKind::Silent,
                format!("`{}` did not answer within {} s and was ended", self.line(name, args), limit.as_secs()),
                "call it yourself to see what it waits for; `queue: {timeout: 2m}` in the loop gives it longer",
            ),
            CommandError::Start(error) | CommandError::Wait(error) => error.into(),
        })
    }

    /// Records the call, so that the next holder of the lock waits for its end if we die.
    fn note(&self, running: &RunningCommand) {
        let call_log = self.call_log.lock().unwrap_or_else(PoisonError::into_inner);
        let call = call_log.as_ref().and_then(|_| running.identity());
        if let (Some(call_log), Some(call)) = (&*call_log, call) {
            // A failure to record the call does not prevent it; the next holder then does not wait for it.
            let _ = note_call(call_log, &call);
        }
    }

    /// Returns how long to wait while another holds our lock: for as long as a few of its calls may take.
    pub(in crate::queue) fn patience(&self) -> Duration {
        if self.has_short_timeouts() {
            SHORT_TIME_LIMIT
        } else {
            self.limit * 3 + BUSY_LIMIT
        }
    }

    fn limit(&self) -> Duration {
        if self.has_short_timeouts() {
            self.limit.min(SHORT_TIME_LIMIT)
        } else {
            self.limit
        }
    }

    /// Returns the call as a command line.
    pub(in crate::queue) fn line<S: AsRef<std::ffi::OsStr>>(
        &self,
        name: &str,
        args: &[S],
    ) -> String {
        let words = args
            .iter()
            .map(|word| crate::text::shell_quote(&word.as_ref().to_string_lossy()));
        std::iter::once(name.to_owned())
            .chain(words)
            .collect::<Vec<_>>()
            .join(" ")
    }
}

fn missing(name: &str, error: &dyn std::fmt::Display) -> QueueError {
    QueueError::new(
        QueueErrorKind::Missing,
        format!("cannot call `{name}`: {error}"),
        format!(
            "install it, or say where it is: `programs: {{{name}: /path/to/it}}` in config.yaml; `ap doctor` shows what was found"
        ),
    )
}

/// Returns how a program failed, if it did: `exit code 1`, `signal 9`.
pub(in crate::queue) fn failure(output: &CommandOutput) -> Option<String> {
    match (output.code, output.signal) {
        (Some(0), _) => None,
        (Some(code), _) => Some(format!("exit code {code}")),
        (None, signal) => Some(format!("signal {}", signal.unwrap_or_default())),
    }
}

/// Returns the line of standard error that says why a program failed; empty if there is none.
pub(in crate::queue) fn error_line(output: &CommandOutput) -> String {
    crate::text::error_line(&output.stderr_text()).unwrap_or_default()
}
