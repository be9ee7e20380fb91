//! The signals that reach a shim: what the runner asks for, and that a child ended.
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::SignalOnly;
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// What the kernel sends a shim whose guard is gone.
pub(super) const GUARD_GONE: Signal = Signal::SIGUSR2;

/// The signals a shim waits for.
///
/// Handled rather than blocked: a blocked signal would stay blocked in the agent, which could then only be killed.
pub(super) struct Signals(SignalDelivery<UnixStream, SignalOnly>);

impl Signals {
    pub(super) fn listen() -> io::Result<Self> {
        let (read, write) = UnixStream::pair()?;
        let all = [
            Signal::SIGTERM,
            Signal::SIGINT,
            Signal::SIGQUIT,
            Signal::SIGHUP,
            Signal::SIGCHLD,
            GUARD_GONE,
            // A file that would become too large is an error of its write then.
            Signal::SIGXFSZ,
        ];
        SignalDelivery::with_pipe(read, write, SignalOnly, all.map(|signal| signal as i32))
            .map(Self)
    }

    /// Waits for a signal, until `pipe` has room, or `news` something to read, not much longer than `limit`. Returns the
    /// signals that came.
    pub(super) fn wait(
        &mut self,
        limit: Duration,
        pipe: Option<BorrowedFd<'_>>,
        news: Option<BorrowedFd<'_>>,
    ) -> Vec<Signal> {
        // Rounded up: a wait of zero milliseconds would not be one.
        let limit =
            PollTimeout::try_from(limit + Duration::from_millis(1)).unwrap_or(PollTimeout::MAX);
        let signals = PollFd::new(self.0.get_read().as_fd(), PollFlags::POLLIN);
        // An interrupted wait has been interrupted by a signal.
        let pipe = pipe.map(|pipe| PollFd::new(pipe, PollFlags::POLLOUT));
        let news = news.map(|news| PollFd::new(news, PollFlags::POLLIN));
        let mut files: Vec<PollFd<'_>> =
            [Some(signals), pipe, news].into_iter().flatten().collect();
        let _ = poll(&mut files, limit);
        self.0
            .pending()
            .filter_map(|signal| Signal::try_from(signal).ok())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::signal;
    use nix::unistd::Pid;
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::Command;

    #[test]
    fn the_shims_handlers_leave_no_signal_blocked_in_the_agent() {
        let mut signals = Signals::listen().unwrap();
        let mut agent = Command::new("sleep").arg("60").spawn().unwrap();
        signal::kill(Pid::from_raw(agent.id().cast_signed()), Signal::SIGTERM).unwrap();
        assert_eq!(agent.wait().unwrap().signal(), Some(Signal::SIGTERM as i32));
        assert!(
            signals
                .wait(Duration::from_secs(10), None, None)
                .contains(&Signal::SIGCHLD)
        );
    }
}
