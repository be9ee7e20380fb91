//! Starts a shim, gives it its job, and waits for its end.
//!
//! Both use one socket, the shim's standard input: the job goes in, and a byte comes back when the shim has recorded the
//! agent's end and released its locks.
use super::job::Job;
use super::program::command;
use super::runner_socket::RECORDED;
use crate::exec::process;
use crate::model::{Containment, ProcessId};
use camino::Utf8Path;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write as _};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use tokio::io::AsyncReadExt as _;

/// A shim that was started by us.
#[derive(Debug)]
pub struct SpawnedShim {
    /// The guard, or the shim itself where there is none.
    child: tokio::process::Child,
    socket: UnixStream,
}

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
        let (socket, theirs) = UnixStream::pair()?;
        let child = tokio::process::Command::from(command(ap, containment, env))
            .stdin(OwnedFd::from(theirs))
            .stdout(stdout)
            .stderr(stderr.map_or_else(Stdio::null, Stdio::from))
            .spawn()?;
        Ok(Self { child, socket })
    }

    /// Returns the identity of its process, or nothing if it has ended already.
    pub fn identity(&self) -> Option<ProcessId> {
        process::identity(i32::try_from(self.child.id()?).ok()?)
    }

    /// Writes the job into its standard input, which has room for it or the shim is reading.
    pub fn send(&self, job: &Job) -> io::Result<()> {
        (&self.socket).write_all(&serde_json::to_vec(job)?)?;
        self.socket.shutdown(Shutdown::Write)
    }

    /// Waits for the agent's end. If the shim has recorded it, neither shim nor guard has more to do or is waited for.
    pub async fn ended(mut self) {
        if !matches!(has_recorded(self.socket).await, Ok(true)) {
            let _ = self.child.wait().await;
        }
    }
}

/// Waits until the shim has recorded the agent's end and released its locks, or has died. Returns whether it did so.
async fn has_recorded(socket: UnixStream) -> io::Result<bool> {
    socket.set_nonblocking(true)?;
    let mut socket = tokio::net::UnixStream::from_std(socket)?;
    let mut byte = [0];
    let length = socket.read(&mut byte).await?;
    Ok(byte[..length] == [RECORDED])
}
