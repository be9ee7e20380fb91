//! Wakes the sender through a named pipe in the outbox, which only a running sender has open.
use crate::store::layout::{StateFile, UserDirs};
use camino::Utf8PathBuf;
use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt as _;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::time::Duration;

fn path(dirs: &UserDirs) -> Utf8PathBuf {
    dirs.state_file(StateFile::Outbox).join("wake")
}

/// Wakes the sender. Returns whether there is one.
pub fn ring(dirs: &UserDirs) -> bool {
    let pipe = fs::OpenOptions::new()
        .write(true)
        .custom_flags((OFlag::O_NONBLOCK | OFlag::O_NOFOLLOW).bits())
        .open(path(dirs));
    // Opening fails without a reader. If the pipe is full, the sender is woken anyway.
    pipe.is_ok_and(|mut pipe| {
        let _ = pipe.write(b"x");
        true
    })
}

/// The sender's end of the pipe.
#[derive(Debug)]
pub(super) struct Bell(fs::File);

impl Bell {
    /// Opens the pipe, and creates it if it is missing.
    pub(super) fn open(dirs: &UserDirs) -> io::Result<Self> {
        let path = path(dirs);
        match mkfifo(path.as_std_path(), Mode::S_IRUSR | Mode::S_IWUSR) {
            Ok(()) | Err(nix::errno::Errno::EEXIST) => {}
            Err(error) => return Err(error.into()),
        }
        // Open for writing too, so that reading never returns end of file.
        let pipe = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags((OFlag::O_NONBLOCK | OFlag::O_NOFOLLOW).bits())
            .open(path)?;
        Ok(Self(pipe))
    }

    /// Waits until the sender is woken, `most` at the longest. Returns whether it was woken.
    pub(super) fn wait(&mut self, most: Duration) -> bool {
        let millis = u16::try_from(most.as_millis()).unwrap_or(u16::MAX);
        let mut fds = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
        let rang = poll(&mut fds, PollTimeout::from(millis)).is_ok_and(|ready| 0 < ready);
        if rang {
            let mut taken = [0; 256];
            let _ = self.0.read(&mut taken);
        }
        rang
    }
}
