//! Runs a script for a short time, in a process group of its own and with its output in files.
use super::process;
use crate::clock;
use crate::model::{Env, ProcessId};
use camino::Utf8Path;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long the script may take to end after it was asked to.
const TERM_TIMEOUT: Duration = Duration::from_secs(5);
/// How much of standard error is read, from its end.
const STDERR_TAIL: u64 = 64 * 1024;

/// A script that was started.
pub struct SmokeRun {
    child: Child,
    stderr: File,
    interrupted: Arc<AtomicBool>,
    ended: Option<ExitStatus>,
}

/// How a short run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SmokeEnd {
    /// It still ran, and was ended.
    Alive,
    Exited {
        code: Option<i32>,
        signal: Option<i32>,
        /// The end of its standard error.
        stderr: String,
    },
    /// Ctrl-C, or a request to end, came meanwhile; it was ended.
    Interrupted,
}

impl SmokeRun {
    /// Starts the script.
    pub fn start(script: &Utf8Path, folder: &Utf8Path, env: &Env) -> io::Result<Self> {
        let interrupted = Arc::new(AtomicBool::default());
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            signal_hook::flag::register(signal, Arc::clone(&interrupted))?;
        }
        let (stdout, stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
        let child = Command::new(script)
            .current_dir(folder)
            .env_clear()
            .envs(env.iter())
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(stderr.try_clone()?)
            .process_group(0)
            .spawn()?;
        Ok(Self {
            child,
            stderr,
            interrupted,
            ended: None,
        })
    }

    /// Waits until the script ends, or has lived long enough. Nothing of it is left then.
    pub fn watch(mut self, min_alive: Duration) -> io::Result<SmokeEnd> {
        clock::wait_until(min_alive, || self.is_over());
        let is_interrupted = self.interrupted.load(Ordering::Relaxed);
        let status = self.ended;
        self.end();
        match status {
            _ if is_interrupted => Ok(SmokeEnd::Interrupted),
            None => Ok(SmokeEnd::Alive),
            Some(status) => Ok(SmokeEnd::Exited {
                code: status.code(),
                signal: status.signal(),
                stderr: self.stderr_tail()?,
            }),
        }
    }

    fn is_over(&mut self) -> bool {
        self.ended = self.ended.or_else(|| self.child.try_wait().ok().flatten());
        self.ended.is_some() || self.interrupted.load(Ordering::Relaxed)
    }

    /// Ends what is left of the script.
    fn end(&mut self) {
        let group = Pid::from_raw(i32::try_from(self.child.id()).unwrap_or(i32::MAX));
        // Those in groups of their own are found only while their parents live.
        let rest: Vec<ProcessId> = process::descendants(group.as_raw());
        let signal = |signal| {
            // What the script left running is in its group, or was its child.
            let _ = killpg(group, signal);
            for process in &rest {
                process::send(process, signal);
            }
        };
        if self.ended.is_none() {
            signal(Signal::SIGTERM);
            clock::wait_until(TERM_TIMEOUT, || {
                self.ended = self.ended.or_else(|| self.child.try_wait().ok().flatten());
                self.ended.is_some()
            });
        }
        signal(Signal::SIGKILL);
        let _ = self.child.wait();
    }

    fn stderr_tail(&mut self) -> io::Result<String> {
        let length = self.stderr.metadata()?.len();
        self.stderr
            .seek(SeekFrom::Start(length.saturating_sub(STDERR_TAIL)))?;
        let mut bytes = Vec::new();
        (&self.stderr).take(STDERR_TAIL).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}
