//! What ends a runner's wait, and where requests come from.
use super::attempt::Attempt;
use super::branches::{BranchLink, BranchUpdate};
use super::signals::{Received, Signals};
use super::wait_clock::WaitEnd;
use crate::clock;
use crate::error::Error;
use crate::model::{Input, Stop};
use std::future::pending;
use std::time::Duration;
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
    HookEnded(Input),
    BranchReported(Input),
    BranchFailed(Error),
    HeartbeatDue,
    /// A program that was asked for the quota has answered.
    QuotaAnswered,
    /// Time to look whether what is waited for is there.
    ProbeDue,
    WaitOver,
    /// An input that was known before anything had to be waited for.
    Pending(Input),
    /// A signal asks for a stop.
    StopSignal(Stop),
    /// Ctrl-C was pressed in the session's window, and once more stops the session.
    ConfirmStop,
    /// A line was typed in the session's window.
    Typed(String),
    /// Time to look at the output and the inbox.
    Poll,
}

impl From<BranchUpdate> for Wakeup {
    fn from(update: BranchUpdate) -> Self {
        match update {
            BranchUpdate::Reported(input) => Self::BranchReported(*input),
            // Its last report has been received before.
            BranchUpdate::Ended => Self::Poll,
            BranchUpdate::Failed(error) => Self::BranchFailed(error),
        }
    }
}

impl From<Received> for Wakeup {
    fn from(received: Received) -> Self {
        match received {
            Received::Stop(stop) => Self::StopSignal(stop),
            Received::ConfirmStop => Self::ConfirmStop,
            Received::Request => Self::Poll,
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
            Self::Session(signals) => signals.next().await.into(),
            Self::Branch(link) => {
                link.changed().await;
                Wakeup::Poll
            }
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

/// Waits for the end of a wait; for ever if there is none.
pub(super) async fn passed(end: Option<WaitEnd>) {
    let Some(WaitEnd { at, moment }) = end else {
        return pending().await;
    };
    loop {
        let now = Instant::now();
        if at <= now || moment.is_some_and(|moment| moment <= clock::now()) {
            return;
        }
        sleep((at - now).min(LONGEST_SLEEP)).await;
    }
}
