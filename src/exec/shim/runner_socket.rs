//! The socket between a shim and the runner that started it: the shim's standard input, on which its job comes.
use super::guard::release_files;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::AsFd as _;

/// What a shim sends when it has recorded the agent's end.
pub(super) const RECORDED: u8 = b'.';

/// The shim's end of the socket.
pub(super) struct RunnerSocket(File);

impl RunnerSocket {
    /// Moves the socket away from standard input, behind the files whose locks the process holds: if it dies, the kernel
    /// closes them in this order.
    pub(super) fn hold() -> io::Result<Self> {
        let socket = io::stdin().as_fd().try_clone_to_owned()?;
        nix::unistd::dup2_stdin(File::open("/dev/null")?)?;
        Ok(Self(File::from(socket)))
    }

    /// Gives up the locked `stdout.log` and the slot, and reports that the agent's end is recorded.
    pub(super) fn report_recorded(mut self) -> io::Result<()> {
        release_files()?;
        // A runner that is gone does not wait for it.
        let _ = self.0.write_all(&[RECORDED]);
        Ok(())
    }
}
