//! Calls a tracker's program: no input but what we give it, no more time than it may take, stdout and stderr apart.
use super::error::{QueueError, QueueErrorKind, Result};
use super::lock::note_call;
use crate::clock;
use crate::exec::process;
use crate::model::Env;
use camino::Utf8PathBuf;
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;
use std::fs::File;
use std::io::{Read, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How a tracker's programs are called: where, and how long one call may take.
#[derive(Debug)]
pub(in crate::queue) struct Program {
    pub(in crate::queue) cwd: Utf8PathBuf,
    pub(in crate::queue) env: Env,
    pub(in crate::queue) limit: Duration,
    pub(in crate::queue) hurried: AtomicBool,
    /// Where calls are written down while our lock of the database is held.
    pub(in crate::queue) call_log: Mutex<Option<File>>,
}

/// What a call said.
#[derive(Debug)]
pub(in crate::queue) struct Said {
    pub(in crate::queue) status: ExitStatus,
    pub(in crate::queue) stdout: String,
    pub(in crate::queue) stderr: String,
}

/// How long a call may take once somebody waits for the end.
const HURRIED: Duration = Duration::from_secs(5);
/// How often it is asked whether somebody waits for the end.
const LOOK: Duration = Duration::from_millis(200);
/// How long the pipes of an ended program may stay open: what it left running may have inherited them.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// More than any tracker prints for ten thousand tasks with long texts.
const LONGEST: u64 = 256 * 1024 * 1024;

/// How often a read is made before its failure counts.
const READS: u32 = 5;
/// How often a call that does not answer is tried.
const HANGS: u32 = 2;
/// How long a database may be busy before that counts as a failure.
const PATIENCE: Duration = Duration::from_secs(30);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

impl Program {
    /// Does what changes nothing, again and again while it fails, within bounds.
    pub(in crate::queue) fn read<T>(&self, once: impl Fn() -> Result<T>) -> Result<T> {
        self.again(READS, once)
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
                QueueErrorKind::Busy => began.elapsed() < PATIENCE,
                // That takes all the time a call may; twice is enough.
                QueueErrorKind::Silent => failures < tries.min(HANGS),
                QueueErrorKind::Unavailable | QueueErrorKind::Protocol => failures < tries,
                QueueErrorKind::Missing | QueueErrorKind::Rejected => false,
            };
            if !worth || self.is_hurried() {
                return Err(error);
            }
            clock::pause(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Whether somebody waits for the end.
    pub(in crate::queue) fn is_hurried(&self) -> bool {
        self.hurried.load(Ordering::Relaxed)
    }

    /// Calls the program, with `env` over its own environment, and waits for its end. What it started in its group ends with it if it takes too long.
    pub(in crate::queue) fn call<S: AsRef<std::ffi::OsStr>>(
        &self,
        name: &str,
        args: &[S],
        env: &[(&str, &str)],
        input: &[u8],
    ) -> Result<Said> {
        let mut child = self.start(name, args, env, !input.is_empty())?;
        self.note(&child);
        if let Some(mut stdin) = child.stdin.take() {
            let input = input.to_owned();
            // A program may end without having read it all.
            std::thread::spawn(move || stdin.write_all(&input));
        }
        let (stdout, stderr) = (collect(child.stdout.take()), collect(child.stderr.take()));
        let status = self.wait(&mut child)?.ok_or_else(|| {
            QueueError::new(
                QueueErrorKind::Silent,
                format!("`{}` did not answer within {} s and was ended", self.line(name, args), self.limit().as_secs()),
                "call it yourself to see what it waits for; `queue: {timeout: 2m}` in the loop gives it longer",
            )
        })?;
        Ok(Said {
            status,
            stdout: words(&stdout),
            stderr: words(&stderr),
        })
    }

    /// Writes the call down, so that whoever takes the lock after us waits for it if we die.
    fn note(&self, child: &Child) {
        let call_log = self.call_log.lock().unwrap_or_else(PoisonError::into_inner);
        let call = call_log
            .as_ref()
            .and_then(|_| process::identity(i32::try_from(child.id()).ok()?));
        if let (Some(call_log), Some(call)) = (&*call_log, call) {
            // The call is made all the same; what was not written down is not waited for.
            let _ = note_call(call_log, &call);
        }
    }

    /// Returns how long to wait while another holds our lock: for as long as a few of its calls may take.
    pub(in crate::queue) fn patience(&self) -> Duration {
        if self.is_hurried() {
            HURRIED
        } else {
            self.limit * 3 + PATIENCE
        }
    }

    /// Waits for the end of a child; none if it had to be killed. It is reaped here and nowhere else, so that its pid,
    /// and with it its group, cannot become another's before the kill.
    fn wait(&self, child: &mut Child) -> Result<Option<ExitStatus>> {
        let pid = Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
        let (send, ended) = mpsc::channel();
        std::thread::spawn(move || {
            while waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT)
                == Err(nix::Error::EINTR)
            {}
            let _ = send.send(());
        });
        let began = Instant::now();
        // The limit may come down meanwhile.
        while ended.recv_timeout(LOOK).is_err() {
            if self.limit() <= began.elapsed() {
                let _ = killpg(pid, Signal::SIGKILL);
                child.wait()?;
                return Ok(None);
            }
        }
        Ok(Some(child.wait()?))
    }

    fn limit(&self) -> Duration {
        if self.is_hurried() {
            self.limit.min(HURRIED)
        } else {
            self.limit
        }
    }

    /// Returns the call as a person would type it.
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

    fn start<S: AsRef<std::ffi::OsStr>>(
        &self,
        name: &str,
        args: &[S],
        env: &[(&str, &str)],
        speaks: bool,
    ) -> Result<Child> {
        let missing = |error: &dyn std::fmt::Display| {
            QueueError::new(
                QueueErrorKind::Missing,
                format!("cannot call `{name}`: {error}"),
                format!(
                    "install it, or say where it is: `programs: {{{name}: /path/to/it}}` in config.yaml; `ap doctor` shows what was found"
                ),
            )
        };
        let path = which::which_in(name, self.env.get("PATH"), &self.cwd)
            .map_err(|_| missing(&"there is no such program on PATH"))?;
        let mut command = std::process::Command::new(path);
        command
            .args(args)
            .current_dir(&self.cwd)
            .env_clear()
            .envs(self.env.iter())
            .envs(env.iter().copied())
            .process_group(0);
        command
            .stdin(if speaks {
                Stdio::piped()
            } else {
                Stdio::null()
            })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.spawn().map_err(|error| missing(&error))
    }
}

/// Reads a pipe to its end in a thread, piece by piece.
fn collect(pipe: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let Some(mut pipe) = pipe.map(|pipe| pipe.take(LONGEST)) else {
            return;
        };
        let mut piece = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = pipe.read(&mut piece) {
            if send.send(piece[..length].to_vec()).is_err() {
                return;
            }
        }
    });
    receive
}

/// Returns all that came through a pipe whose program has ended.
fn words(pipe: &Receiver<Vec<u8>>) -> String {
    let (mut bytes, deadline) = (Vec::new(), Instant::now() + LAST_WORDS);
    // Once, whatever still comes: what it left running may speak for ever.
    while let Ok(piece) = pipe.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        bytes.extend(piece);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Said {
    /// Returns how it ended, if not well: `exit code 1`, `signal 9`.
    pub(in crate::queue) fn failure(&self) -> Option<String> {
        match (self.status.code(), self.status.signal()) {
            (Some(0), _) => None,
            (Some(code), _) => Some(format!("exit code {code}")),
            (None, signal) => Some(format!("signal {}", signal.unwrap_or_default())),
        }
    }

    /// Returns the line on stderr that says why it failed; empty if there is none.
    pub(in crate::queue) fn complaint(&self) -> String {
        crate::text::error_line(&self.stderr).unwrap_or_default()
    }
}
