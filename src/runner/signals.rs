//! The signals a session's runner handles, and the request that each of them makes.
use crate::error::Result;
use crate::model::{Stop, StopSource};
use nix::unistd::{Pid, getppid};
use std::io::IsTerminal as _;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, sleep};

/// How soon after a first Ctrl-C in a window a second one stops the session.
pub(super) const CONFIRMED_WITHIN: Duration = Duration::from_secs(5);
/// How long a tmux server may take to end after it has closed its windows.
const SERVER_ENDS: Duration = Duration::from_secs(1);
/// How often to look for its end.
const POLL: Duration = Duration::from_millis(20);

/// What a signal means.
#[derive(Debug)]
pub(super) enum Received {
    Stop(Stop),
    /// Ctrl-C was pressed in the session's window, and once more stops the session.
    ConfirmStop,
    /// A request is in the inbox.
    Request,
}

/// The signals of a session's runner.
pub(super) struct Signals {
    hangup: Signal,
    interrupt: Signal,
    terminate: Signal,
    request: Signal,
    /// The tmux server, if the runner is in a window of one: it is the runner's parent until it ends.
    server: Option<Pid>,
    /// When Ctrl-C was pressed in the window.
    interrupted: Option<Instant>,
    /// When the terminal was closed, until its source is known.
    hung_up: Option<Instant>,
}

impl Signals {
    pub(super) fn listen(in_window: bool) -> Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            request: signal(SignalKind::user_defined1())?,
            server: in_window.then(getppid),
            interrupted: None,
            hung_up: None,
        })
    }

    /// Waits for the next signal. Cancel safe: a signal that was received is not lost.
    pub(super) async fn next(&mut self) -> Received {
        if self.hung_up.is_none() {
            tokio::select! {
                biased;
                _ = self.hangup.recv() => self.hung_up = Some(Instant::now()),
                _ = self.interrupt.recv() => return self.interrupted(),
                _ = self.terminate.recv() => {
                    return Received::Stop(Stop::new(StopSource::Signal, "a TERM signal"));
                }
                _ = self.request.recv() => return Received::Request,
            }
        }
        let stop = self.stop_by_hangup().await;
        self.hung_up = None;
        Received::Stop(stop)
    }

    /// Returns the stop that a closed terminal means: yours, if its tmux server lives on.
    async fn stop_by_hangup(&self) -> Stop {
        let (Some(server), Some(since)) = (self.server, self.hung_up) else {
            return Stop::new(StopSource::Window, "the end of its terminal");
        };
        while getppid() == server {
            if SERVER_ENDS < since.elapsed() {
                return Stop::new(StopSource::Person, "the closed window");
            }
            sleep(POLL).await;
        }
        Stop::new(StopSource::Window, "the end of its tmux server")
    }

    /// Handles Ctrl-C. In a window it is easily meant to leave the window, so the first one only asks.
    fn interrupted(&mut self) -> Received {
        let before = self.interrupted.replace(Instant::now());
        let confirmed = before.is_some_and(|at| at.elapsed() <= CONFIRMED_WITHIN);
        if self.server.is_some() && !confirmed {
            return Received::ConfirmStop;
        }
        Received::Stop(if std::io::stdin().is_terminal() {
            Stop::new(StopSource::Person, "Ctrl-C")
        } else {
            Stop::new(StopSource::Signal, "an INT signal")
        })
    }
}
