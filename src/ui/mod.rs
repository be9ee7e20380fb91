//! How anything is shown.
pub mod duration;
pub mod report;

use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::time::Duration;

/// Writes data to standard output. A reader that has gone away is not an error.
pub fn out(text: &str) {
    quietly(io::stdout().lock(), text);
}

/// Writes what is not data to standard error.
pub fn note(text: &str) {
    quietly(io::stderr().lock(), text);
}

fn quietly(mut to: impl io::Write, text: &str) {
    let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
}

/// Writes a value as JSON to standard output.
pub fn json(value: &impl serde::Serialize) {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    out(&format!("{text}\n"));
}

/// Writes data to standard output. Tells whether somebody still reads it.
pub fn tell(text: &str) -> bool {
    let mut to = io::stdout().lock();
    to.write_all(text.as_bytes()).and_then(|()| to.flush()).is_ok()
}

/// Rests between two looks. Tells whether somebody still reads standard output, and returns at once when nobody does.
pub fn rest(duration: Duration) -> bool {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    let stdout = io::stdout();
    let mut watched = [PollFd::new(stdout.as_fd(), PollFlags::empty())];
    // Nothing is asked for, so only the reader's end or the time ends the wait.
    let _ = poll(&mut watched, PollTimeout::try_from(duration).unwrap_or(PollTimeout::MAX));
    let seen = watched[0].revents().unwrap_or(PollFlags::empty());
    if seen.contains(PollFlags::POLLNVAL) {
        // Some systems cannot watch a terminal.
        std::thread::park_timeout(duration);
    }
    !seen.intersects(PollFlags::POLLERR | PollFlags::POLLHUP)
}
