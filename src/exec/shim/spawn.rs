//! Starts a shim, gives it its job, and waits for its end.
use super::job::Job;
use super::program::command;
use super::runner_socket::{RECORDED, send_job};
use crate::clock;
use crate::exec::process;
use crate::model::{Containment, ProcessId};
use camino::Utf8Path;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;

/// How long a shim without a job may take to end.
const GONE_WITHIN: Duration = Duration::from_secs(2);

/// A shim that was started by us. Without a job it holds no file and no lock, and ends when this is dropped.
#[derive(Debug)]
pub struct SpawnedShim {
    /// The guard, or the shim itself where there is none.
    child: tokio::process::Child,
    socket: UnixStream,
}

impl SpawnedShim {
    /// Starts a shim with nothing but `env` in its environment. It waits for its job.
    pub fn start(
        ap: &Utf8Path,
        containment: Containment,
        env: impl IntoIterator<Item = (impl AsRef<OsStr>, impl AsRef<OsStr>)>,
    ) -> io::Result<Self> {
        let (socket, theirs) = UnixStream::pair()?;
        let child = tokio::process::Command::from(command(ap, containment, env))
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self { child, socket })
    }

    /// Returns the identity of its process, or nothing if it has ended already.
    pub fn identity(&self) -> Option<ProcessId> {
        process::identity(i32::try_from(self.child.id()?).ok()?)
    }

    /// Gives it its job. It holds `stdout` and, if there is one, `slot` open for its whole life, and with them the locks on
    /// these files.
    pub fn send(&self, job: &Job, stdout: &File, slot: Option<&File>) -> io::Result<()> {
        send_job(&self.socket, job, stdout, slot)
    }

    /// Ends a shim that has no job, and waits until it is gone.
    pub fn discard(self) {
        let Self { mut child, socket } = self;
        drop(socket);
        clock::wait_until(GONE_WITHIN, || !matches!(child.try_wait(), Ok(None)));
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
