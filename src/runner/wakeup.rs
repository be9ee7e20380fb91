//! What ends a runner's wait, and where requests come from.
use super::attempt::Attempt;
use super::branches::{BranchLink, BranchUpdate};
use crate::clock;
use crate::error::{Error, Result};
use crate::model::Input;
use jiff::Timestamp;
use std::future::pending;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, sleep, sleep_until};

/// Longest sleep at a time towards a time of day, so that a machine that was suspended in between notices.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// What ended a wait.
#[derive(Debug)]
pub(super) enum Wakeup {
    AgentGone,
    /// The queue's answer, with remarks for the user.
    QueueAnswered(Input, Vec<String>),
    GateAnswered(Input),
    BranchReported(Input),
    BranchFailed(Error),
    HeartbeatDue,
    WaitOver,
    /// An input that was known before anything had to be waited for.
    Pending(Input),
    /// A signal asks for a stop; named by what sent it.
    StopSignal(&'static str),
    /// Time to look at the output and the inbox.
    Poll,
}

impl From<BranchUpdate> for Wakeup {
    fn from(update: BranchUpdate) -> Self {
        match update {
            BranchUpdate::Reported(input) => Self::BranchReported(input),
            // Its last report has been received before.
            BranchUpdate::Ended => Self::Poll,
            BranchUpdate::Failed(error) => Self::BranchFailed(error),
        }
    }
}

/// Where a runner's requests come from.
pub(super) enum ControlSource {
    /// Signals and the inbox.
    Session(Signals),
    /// The runner of the session that the branch belongs to.
    Branch(BranchLink),
}

impl ControlSource {
    /// Waits for the next request.
    pub(super) async fn next(&mut self) -> Wakeup {
        match self {
            Self::Session(signals) => signals.next().await,
            Self::Branch(link) => {
                link.changed().await;
                Wakeup::Poll
            }
        }
    }
}

/// The signals a session's runner handles.
pub(super) struct Signals {
    hangup: Signal,
    interrupt: Signal,
    terminate: Signal,
    request: Signal,
}

impl Signals {
    pub(super) fn listen() -> Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            request: signal(SignalKind::user_defined1())?,
        })
    }

    async fn next(&mut self) -> Wakeup {
        tokio::select! {
            biased;
            _ = self.hangup.recv() => Wakeup::StopSignal("the closed window"),
            _ = self.interrupt.recv() => Wakeup::StopSignal("Ctrl-C"),
            _ = self.terminate.recv() => Wakeup::StopSignal("a TERM signal"),
            _ = self.request.recv() => Wakeup::Poll,
        }
    }
}

/// Waits until an attempt's shim is gone; for ever if there is no attempt.
pub(super) async fn attempt_ended(attempt: &mut Option<Attempt>) {
    match attempt {
        Some(attempt) => attempt.ended().await,
        None => pending().await,
    }
}

/// Waits for a moment; for ever if there is none.
pub(super) async fn reached(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => pending().await,
    }
}

/// Waits for a time of day; for ever if there is none.
pub(super) async fn passed(until: Option<Timestamp>) {
    let Some(until) = until else {
        return pending().await;
    };
    loop {
        let left = until.duration_since(clock::now());
        let Ok(left) = Duration::try_from(left) else {
            return;
        };
        if left.is_zero() {
            return;
        }
        sleep(left.min(LONGEST_SLEEP)).await;
    }
}
