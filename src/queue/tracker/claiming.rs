//! Claims in a tracker. One counts only when reading the task again shows it.
use super::interface::{Ready, TRIES, Tracker};
use super::tracker_queue::TrackerQueue;
use crate::model::{Task, TaskState};
use crate::queue::claims::LockedClaims;
use crate::queue::error::{QueueError, QueueErrorKind, Result};
use crate::queue::interface::Claim;
use crate::queue::owner::Owner;
use std::sync::PoisonError;
use std::time::Duration;

/// For how long what was seen ready may be claimed without looking again.
const FRESH: Duration = Duration::from_millis(500);
/// The holder that is shown for a held task whose tracker keeps no owner.
const UNKNOWN_OWNER: &str = "unknown owner";

impl<T: Tracker> TrackerQueue<T> {
    /// Claims one task under our lock.
    fn claim_task(&self, id: &str, owner: &Owner, locked: &mut LockedClaims<'_>) -> Result<Claim> {
        let tried = self.tracker.claim(id, owner);
        // The answer of the tracker does not count: read again who holds the task now.
        let task = self.tracker.one(id)?;
        let holder = task.owner.as_deref().map(Owner::read);
        match (task.state, holder, tried) {
            (TaskState::Held, Some(by), _) if by == *owner => {}
            // A tracker without owners: the task was free when we asked, and no other process asks while we hold the lock.
            (TaskState::Held, None, Ok(())) => {}
            (_, Some(by), _) => return Ok(Claim::Lost { by: by.to_string() }),
            (TaskState::Held, None, Err(_)) => {
                return Ok(Claim::Lost {
                    by: UNKNOWN_OWNER.to_owned(),
                });
            }
            // The task was closed or blocked after it had been listed.
            (TaskState::Closed | TaskState::Blocked, None, _) => return Err(no(task)),
            (TaskState::Ready, None, Err(error)) => return Err(error),
            (TaskState::Ready, None, Ok(())) => return Ok(Claim::None),
        }
        locked.hold(id, &task.title, owner)?;
        Ok(Claim::Won(Task {
            owner: Some(owner.to_string()),
            ..task
        }))
    }

    pub(super) fn claim_named(
        &self,
        id: &str,
        owner: &Owner,
        locked: &mut LockedClaims<'_>,
    ) -> Result<Claim> {
        let task = self.one(id, &locked.claims)?;
        match (task.state, task.owner.as_deref()) {
            (TaskState::Closed | TaskState::Blocked, _) => Err(no(task)),
            (TaskState::Held, Some(by)) if Owner::read(by) == *owner => Ok(Claim::Won(task)),
            (TaskState::Held, by) => Ok(Claim::Lost {
                by: by.unwrap_or(UNKNOWN_OWNER).to_owned(),
            }),
            (TaskState::Ready, _) => self.claim_task(id, owner, locked),
        }
    }

    /// Claims the first task that can be had: of those seen ready a moment ago, then of those that are now.
    pub(super) fn claim_next(&self, owner: &Owner, locked: &mut LockedClaims<'_>) -> Result<Claim> {
        let seen = self
            .seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
            .filter(|(at, _)| at.elapsed() < FRESH);
        let mut refused = None;
        for id in seen.iter().flat_map(|(_, ids)| ids).take(TRIES) {
            match self.won(id, false, owner, locked) {
                Ok(Some(won)) => return Ok(won),
                Ok(None) => {}
                Err(error) if error.kind == QueueErrorKind::Protocol => refused = Some(error),
                Err(error) => return Err(error),
            }
        }
        let ready = self.tracker.ready(Ready::Some)?;
        let ready = ready
            .into_iter()
            .map(|task| self.with_claims(task, &locked.claims))
            .filter(|task| task.state == TaskState::Ready);
        let ids: Vec<String> = ready.map(|task| task.id).collect();
        for (at, id) in ids.iter().take(TRIES).enumerate() {
            match self.won(id, at == 0, owner, locked) {
                Ok(Some(won)) => return Ok(won),
                Ok(None) => {}
                // A task that cannot be claimed is skipped; a tracker that does not answer is an error.
                Err(error) if error.kind == QueueErrorKind::Protocol => refused = Some(error),
                Err(error) => return Err(error),
            }
        }
        refused.map_or(Ok(Claim::None), Err)
    }

    /// Claims a task that was ready when we looked. Unless that is just now, looks again first where a claim would take
    /// the task whatever has become of it.
    fn won(
        &self,
        id: &str,
        just_now: bool,
        owner: &Owner,
        locked: &mut LockedClaims<'_>,
    ) -> Result<Option<Claim>> {
        let claim = if just_now || self.tracker.claims_safely()? {
            self.claim_task(id, owner, locked)
        } else {
            self.claim_named(id, owner, locked)
        };
        match claim {
            Ok(won @ Claim::Won(_)) => Ok(Some(won)),
            Ok(Claim::Lost { .. } | Claim::None) => Ok(None),
            Err(error) if error.kind == QueueErrorKind::Rejected => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Says that a task cannot be claimed, and why.
fn no(task: Task) -> QueueError {
    let why = match task.state {
        TaskState::Closed => "is closed already".to_owned(),
        _ => task.why.unwrap_or_else(|| "is blocked".to_owned()),
    };
    QueueError::rejected(
        format!("task `{}` {why}", task.id),
        "claim another: `ap queue ready` lists them",
    )
}
