//! Starts a shim and gives it its job.
use super::job::Job;
use super::program::command;
use crate::exec::process;
use crate::model::{Containment, ProcessId};
use camino::Utf8Path;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write as _};
use std::process::Stdio;

/// A shim that was started by us.
#[derive(Debug)]
pub struct SpawnedShim(tokio::process::Child);

impl SpawnedShim {
    /// Starts a shim with nothing but `env` in its environment. It holds `stdout` and, if there is one, `stderr` open for
    /// its whole life, and with them the locks on these files.
    pub fn start(
        ap: &Utf8Path,
        containment: Containment,
        env: impl IntoIterator<Item = (impl AsRef<OsStr>, impl AsRef<OsStr>)>,
        stdout: File,
        stderr: Option<File>,
    ) -> io::Result<Self> {
        let child = tokio::process::Command::from(command(ap, containment, env))
            .stdin(Stdio::piped())
            .stdout(stdout)
            .stderr(stderr.map_or_else(Stdio::null, Stdio::from))
            .spawn()?;
        Ok(Self(child))
    }

    /// Returns the identity of its process, or nothing if it has ended already.
    pub fn identity(&self) -> Option<ProcessId> {
        process::identity(i32::try_from(self.0.id()?).ok()?)
    }

    /// Writes the job into its standard input, which a pipe always has room for or the shim is reading.
    pub fn send(&mut self, job: &Job) -> io::Result<()> {
        let Some(stdin) = self.0.stdin.take() else {
            return Ok(());
        };
        let mut stdin = File::from(stdin.into_owned_fd()?);
        // Tokio made it non-blocking for itself.
        nix::fcntl::fcntl(
            &stdin,
            nix::fcntl::FcntlArg::F_SETFL(nix::fcntl::OFlag::empty()),
        )?;
        stdin.write_all(&serde_json::to_vec(job)?)
    }

    /// Waits until it is gone.
    pub async fn ended(mut self) {
        let _ = self.0.wait().await;
    }
}
