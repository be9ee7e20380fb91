//! What to run, and the bounds it runs in.
use super::error::CommandError;
use super::running::{Bounds, RunningCommand};
use crate::exec::shim;
use crate::model::{CommandOutput, Env, caller_env};
use camino::Utf8Path;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// How much of each output stream is kept unless the caller asks for more; the rest is read and dropped.
const DEFAULT_MAX_OUTPUT: u64 = 1024 * 1024;
/// How long a program may run unless the caller sets another limit.
const DEFAULT_LIMIT: Duration = Duration::from_secs(60);

/// A program to run, and the bounds it runs in.
#[derive(Debug)]
pub struct BoundedCommand {
    command: Command,
    input: Vec<u8>,
    answer: Option<&'static str>,
    limit: Duration,
    max_output: u64,
    own_group: bool,
    is_swept: bool,
}

impl BoundedCommand {
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program);
        for name in caller_env::GIT {
            command.env_remove(name);
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self {
            command,
            input: Vec::new(),
            answer: None,
            limit: DEFAULT_LIMIT,
            max_output: DEFAULT_MAX_OUTPUT,
            own_group: true,
            is_swept: false,
        }
    }

    /// The same for a program whose answer is all that is wanted of it: what it leaves running is killed at its end, and
    /// all of it if we die.
    pub fn swept(program: impl AsRef<OsStr>) -> Self {
        let Some((sweeper, args)) = shim::sweeper() else {
            return Self::new(program);
        };
        let mut swept = Self::new(sweeper).args(args).args([program]);
        swept.is_swept = true;
        swept
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

    /// Keeps standard input open until the program has printed this text, or its end: it may take its end for ours.
    #[must_use]
    pub fn until_answer(mut self, answer: &'static str) -> Self {
        self.answer = Some(answer);
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
        let _cancel_on_drop = running.cancel_on_drop();
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
        let (seen, has_seen) = mpsc::channel();
        if let Some(mut stdin) = child.stdin.take() {
            let (input, is_awaited, limit) = (self.input, self.answer.is_some(), self.limit);
            // The program may end without having read it all.
            std::thread::spawn(move || {
                let written = stdin.write_all(&input).and_then(|()| stdin.flush());
                if is_awaited && written.is_ok() {
                    let _ = has_seen.recv_timeout(limit);
                }
            });
        }
        let awaited = self.answer.map(|answer| (answer, seen));
        let bounds = Bounds {
            own_group: self.own_group,
            max_output: self.max_output,
            is_swept: self.is_swept,
        };
        Ok(RunningCommand::new(child, bounds, awaited))
    }
}
