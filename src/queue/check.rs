//! Releases what ended agents left behind, then checks the queue; done after each attempt.
use super::error::{QueueError, QueueErrorKind, Result};
use super::interface::{Queue, Release, Released};
use super::owner::{Owner, RunKey};
use crate::model::{QueueCounts, QueueStatus};

/// The result of a check, for the journal.
#[derive(Clone, Debug, PartialEq)]
pub struct QueueCheck {
    pub status: QueueStatus,
    /// Ids that can be claimed again.
    pub released: Vec<String>,
    /// Ids of tasks that failed too often.
    pub parked: Vec<String>,
}

/// Releases the tasks of ended agents and returns the status of the queue.
///
/// Call it only while no agent of the run is alive, so that every task they hold is abandoned. `failure` is the reason
/// the last agent gave, if it worked on its task and failed rather than having been kept from working. Tasks of other
/// sessions are released only when nothing else is left to do and `alive` returns false for their agents. Never fails:
/// a queue that does not answer is [`QueueStatus::Unknown`].
pub fn release_and_check(
    queue: &dyn Queue,
    run: &RunKey,
    alive: &dyn Fn(&Owner) -> bool,
    failure: Option<&str>,
) -> QueueCheck {
    let mut check = Check {
        queue,
        run,
        alive,
        failure,
        released: Vec::new(),
        parked: Vec::new(),
    };
    let status = check.status().unwrap_or_else(|error| error_status(&error));
    QueueCheck {
        status,
        released: check.released,
        parked: check.parked,
    }
}

/// Returns what a failure means for the loop: a wait where others are the reason, else unknown; never "empty".
pub fn error_status(error: &QueueError) -> QueueStatus {
    let words = format!("{}; {}", error.what, error.next);
    match error.kind {
        QueueErrorKind::Busy => QueueStatus::Busy { error: words },
        QueueErrorKind::Unavailable
        | QueueErrorKind::Silent
        | QueueErrorKind::Missing
        | QueueErrorKind::Protocol
        | QueueErrorKind::Rejected => QueueStatus::Unknown { error: words },
    }
}

/// A check under way.
struct Check<'a> {
    queue: &'a dyn Queue,
    run: &'a RunKey,
    alive: &'a dyn Fn(&Owner) -> bool,
    failure: Option<&'a str>,
    released: Vec<String>,
    parked: Vec<String>,
}

impl Check<'_> {
    fn status(&mut self) -> Result<QueueStatus> {
        let mut counts = self.queue.quick_counts(self.alive)?;
        if self.release_abandoned(&counts)? {
            counts = self.queue.quick_counts(self.alive)?;
        }
        let status = counts.status(|| self.queue.searched());
        let QueueStatus::ReleaseStale { .. } = status else {
            return Ok(status);
        };
        for (id, owner) in &counts.stale {
            let release = Release {
                why: "its agent is gone",
                failed: false,
            };
            self.release(id, &Owner::read(owner), &release)?;
        }
        // Not repeated: a task that is stale now was claimed in between.
        let counts = self.queue.quick_counts(self.alive)?;
        Ok(counts.status(|| self.queue.searched()))
    }

    /// Releases what ended agents of this session hold, and returns whether there was any.
    fn release_abandoned(&mut self, counts: &QueueCounts) -> Result<bool> {
        let abandoned = abandoned(counts, self.run);
        for (id, owner) in &abandoned {
            let failure = self.failure.filter(|_| self.run.owns(owner));
            let release = Release {
                why: failure
                    .filter(|reason| !reason.is_empty())
                    .unwrap_or("its agent ended without closing it"),
                failed: failure.is_some(),
            };
            self.release(id, owner, &release)?;
        }
        Ok(!abandoned.is_empty())
    }

    fn release(&mut self, id: &str, owner: &Owner, release: &Release<'_>) -> Result<()> {
        match self.queue.release(id, owner, release)? {
            Released::NotHeld => {}
            Released::Back => self.released.push(id.to_owned()),
            Released::Parked => self.parked.push(id.to_owned()),
        }
        Ok(())
    }
}

/// Returns the tasks held by agents of this run, and by dead agents of earlier runs of the session.
fn abandoned(counts: &QueueCounts, run: &RunKey) -> Vec<(String, Owner)> {
    let read = |(id, owner): &(String, String)| (id.clone(), Owner::read(owner));
    let held = counts
        .held
        .iter()
        .map(read)
        .filter(|(_, owner)| run.owns(owner));
    held.chain(
        counts
            .stale
            .iter()
            .map(read)
            .filter(|(_, owner)| run.same_session(owner)),
    )
    .collect()
}
