//! The socket between a runner and a shim that it started, the shim's standard input: the files that the shim has to hold
//! and its job go in, and a byte comes back when the agent's end is recorded.
use super::guard::release_files;
use super::job::Job;
use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg};
use nix::unistd::{dup2_stderr, dup2_stdin, dup2_stdout};
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut, Read as _, Write as _};
use std::net::Shutdown;
use std::os::fd::{AsFd as _, AsRawFd as _, FromRawFd as _, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;

/// What a shim sends when it has recorded the agent's end.
pub(super) const RECORDED: u8 = b'.';
/// What the files come with.
const FILES: u8 = b'f';
/// Bytes reserved for a job; most of it is the environment.
const JOB_SIZE: usize = 16 * 1024;

/// Sends a shim its files and its job. It holds the files, and with them their locks, from here on.
pub(super) fn send_job(
    mut socket: &UnixStream,
    job: &Job,
    stdout: &File,
    slot: Option<&File>,
) -> io::Result<()> {
    let text = serde_json::to_vec(job)?;
    let mut files = vec![stdout.as_raw_fd()];
    files.extend(slot.map(File::as_raw_fd));
    let files = [ControlMessage::ScmRights(&files)];
    let data = [IoSlice::new(&[FILES])];
    sendmsg::<()>(
        socket.as_raw_fd(),
        &data,
        &files,
        MsgFlags::MSG_NOSIGNAL,
        None,
    )?;
    socket.write_all(&text)?;
    socket.shutdown(Shutdown::Write)
}

/// The shim's end of the socket.
pub(super) struct RunnerSocket(UnixStream);

impl RunnerSocket {
    /// Waits for the files and the job. `stdout.log` becomes the standard output, and the slot, if there is one, the
    /// standard error. A runner that died before, or while it wrote, leaves half a job, which is an error: then nothing was
    /// started and nothing will be.
    pub(super) fn receive() -> io::Result<(Self, Job)> {
        // Behind the files whose locks the process holds: if it dies, the kernel closes them in this order.
        let mut socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
        dup2_stdin(File::open("/dev/null")?)?;
        let files = receive_files(&socket)?;
        match files.as_slice() {
            [stdout] => dup2_stdout(stdout)?,
            [stdout, slot] => {
                dup2_stdout(stdout)?;
                dup2_stderr(slot)?;
            }
            _ => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
        let mut text = Vec::with_capacity(JOB_SIZE);
        socket.read_to_end(&mut text)?;
        Ok((Self(socket), serde_json::from_slice(&text)?))
    }

    /// Gives up the locked `stdout.log` and the slot, and reports that the agent's end is recorded.
    pub(super) fn report_recorded(mut self) -> io::Result<()> {
        release_files()?;
        // A runner that is gone does not wait for it.
        let _ = self.0.write_all(&[RECORDED]);
        Ok(())
    }
}

/// Receives the files that come before a job; none if the runner is gone.
fn receive_files(socket: &UnixStream) -> io::Result<Vec<OwnedFd>> {
    let mut byte = [0];
    let mut data = [IoSliceMut::new(&mut byte)];
    let mut space = nix::cmsg_space!([RawFd; 2]);
    let message = recvmsg::<()>(
        socket.as_raw_fd(),
        &mut data,
        Some(&mut space),
        MsgFlags::empty(),
    )?;
    let mut files = Vec::new();
    for part in message.cmsgs()? {
        if let ControlMessageOwned::ScmRights(received) = part {
            files.extend(received.into_iter().map(own));
        }
    }
    Ok(files)
}

#[expect(
    unsafe_code,
    reason = "the kernel hands over files as bare numbers, and nothing else says who closes them"
)]
fn own(file: RawFd) -> OwnedFd {
    // SAFETY: the kernel has just made this number for us, and nothing else in this process knows it.
    unsafe { OwnedFd::from_raw_fd(file) }
}
