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
    /// Ids that were tried too often.
    pub parked: Vec<String>,
}

/// Releases what ended agents hold and returns what the queue means for the loop.
///
/// Call it only while no agent of the run is alive: whatever they hold they left behind. `tried` says whether the last
/// one tried and failed, rather than having been kept from trying: it holds what it said. Tasks of other sessions are taken back only when
/// nothing else is left to do and `alive` says that their agent is gone. Never fails: a queue that does not answer is
/// [`QueueStatus::Unknown`].
pub fn release_and_check(
    queue: &dyn Queue,
    run: &RunKey,
    alive: &dyn Fn(&Owner) -> bool,
    tried: Option<&str>,
) -> QueueCheck {
    let mut check = QueueCheck {
        status: QueueStatus::Unknown {
            error: String::new(),
        },
        released: Vec::new(),
        parked: Vec::new(),
    };
    check.status = match try_release_and_check(queue, run, alive, tried, &mut check) {
        Ok(status) => status,
        Err(error) => error_status(&error),
    };
    check
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

fn try_release_and_check(
    queue: &dyn Queue,
    run: &RunKey,
    alive: &dyn Fn(&Owner) -> bool,
    tried: Option<&str>,
    check: &mut QueueCheck,
) -> Result<QueueStatus> {
    let mut counts = queue.quick_counts(alive)?;
    let left = abandoned(&counts, run);
    if !left.is_empty() {
        for (id, owner) in &left {
            let tried = tried.filter(|_| run.owns(owner));
            let why = tried
                .filter(|words| !words.is_empty())
                .unwrap_or("its agent ended without closing it");
            give_back(
                queue,
                id,
                owner,
                &Release {
                    why,
                    failed: tried.is_some(),
                },
                check,
            )?;
        }
        counts = queue.quick_counts(alive)?;
    }
    let status = counts.status(|| queue.searched());
    let QueueStatus::ReleaseStale { .. } = status else {
        return Ok(status);
    };
    for (id, owner) in &counts.stale {
        give_back(
            queue,
            id,
            &Owner::read(owner),
            &Release {
                why: "its agent is gone",
                failed: false,
            },
            check,
        )?;
    }
    // Once is enough: what is still stale now was claimed in between.
    Ok(queue.quick_counts(alive)?.status(|| queue.searched()))
}

/// Returns what agents of this run hold, and dead ones of earlier runs of the same session.
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

fn give_back(
    queue: &dyn Queue,
    id: &str,
    owner: &Owner,
    release: &Release<'_>,
    check: &mut QueueCheck,
) -> Result<()> {
    match queue.release(id, owner, release)? {
        Released::NotHeld => {}
        Released::Back => check.released.push(id.to_owned()),
        Released::Parked => check.parked.push(id.to_owned()),
    }
    Ok(())
}
