//! A queue kept by another program: claims that cannot race, whatever the program's own are worth.
//!
//! Every call through `ap` takes our lock of that database first; since other programs do not, a claim counts only when
//! reading the task again shows it.
use super::interface::{Ready, Tracker};
use super::locked_tracker::LockedTracker;
use crate::model::{QueueCounts, Searched, Task, TaskState};
use crate::queue::claims::{Claims, ClaimsDir};
use crate::queue::error::{QueueError, QueueErrorKind, Result};
use crate::queue::interface::{Claim, LabelTarget, Queue, Release, Released};
use crate::queue::owner::Owner;
use camino::Utf8PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// A tracker's tasks as a queue.
#[derive(Debug)]
pub(in crate::queue) struct TrackerQueue<T> {
    pub(super) tracker: T,
    /// Failed attempts after which a task is parked.
    max_attempts: u32,
    /// What was ready at the last look, and when: a claim that follows it at once need not look again.
    pub(super) seen: Mutex<Option<(Instant, Vec<String>)>>,
}

impl<T: Tracker> TrackerQueue<T> {
    pub(in crate::queue) fn new(tracker: T, max_attempts: u32) -> Self {
        Self {
            tracker,
            max_attempts,
            seen: Mutex::default(),
        }
    }

    /// Merges the tracker's tasks with our claims.
    fn merged(&self, tasks: Vec<Task>) -> Result<Vec<Task>> {
        let claims = self.tracker.claims_dir()?.claims()?;
        Ok(tasks
            .into_iter()
            .map(|task| self.with_claims(task, &claims))
            .collect())
    }

    pub(super) fn one(&self, id: &str, claims: &Claims) -> Result<Task> {
        Ok(self.with_claims(self.tracker.one(id)?, claims))
    }

    /// Adds what only we know: who claimed a task whose tracker does not say, and what we have parked. A tracker that
    /// parks tasks itself and shows one as ready had it opened by hand.
    pub(super) fn with_claims(&self, mut task: Task, claims: &Claims) -> Task {
        if task.state == TaskState::Held && task.owner.is_none() {
            task.owner = claims.of(&task.id).map(|held| held.owner.clone());
        }
        let parked = claims.parked(&task.id).filter(|_| match task.state {
            TaskState::Blocked => true,
            TaskState::Ready => !self.tracker.parks(),
            TaskState::Held | TaskState::Closed => false,
        });
        if let Some(why) = parked {
            (task.state, task.why) = (TaskState::Blocked, Some(why.clone()));
        }
        task
    }

    fn lock<'a>(&'a self, dir: &'a ClaimsDir, purpose: &str) -> Result<LockedTracker<'a>> {
        LockedTracker::acquire(self.tracker.program(), dir, purpose)
    }

    /// Whatever the tracker said of a change: if reading again shows it, it was made.
    fn made(&self, id: &str, change: Result<()>, is: impl Fn(&Task) -> bool) -> Result<()> {
        let refused = |error: &QueueError| {
            matches!(
                error.kind,
                QueueErrorKind::Rejected | QueueErrorKind::Missing
            )
        };
        change.or_else(|error| {
            if !refused(&error) && self.tracker.one(id).is_ok_and(|task| is(&task)) {
                Ok(())
            } else {
                Err(error)
            }
        })
    }

    fn put_back(&self, id: &str, owner: &Owner) -> Result<()> {
        self.made(id, self.tracker.release(id, owner), |task| {
            task.state == TaskState::Ready
        })
    }

    fn count(&self, tasks: &[Task], alive: &dyn Fn(&Owner) -> bool) -> QueueCounts {
        let mut counts = QueueCounts::default();
        for task in tasks {
            counts.total += 1;
            let (id, owner) = (task.id.clone(), task.owner.clone().unwrap_or_default());
            match task.state {
                TaskState::Closed => counts.closed += 1,
                TaskState::Ready => counts.ready.push(id),
                TaskState::Held if alive(&Owner::read(&owner)) => counts.held.push((id, owner)),
                TaskState::Held => counts.stale.push((id, owner)),
                TaskState::Blocked => counts.blocked.push((
                    id,
                    task.why.clone().unwrap_or_else(|| "is blocked".to_owned()),
                )),
            }
        }
        counts
    }
}

impl<T: Tracker> Queue for TrackerQueue<T> {
    fn searched(&self) -> Searched {
        self.tracker.searched()
    }

    fn folder(&self) -> Result<Utf8PathBuf> {
        Ok(self.tracker.claims_dir()?.folder().to_owned())
    }

    fn counts(&self, alive: &dyn Fn(&Owner) -> bool) -> Result<QueueCounts> {
        Ok(self.count(&self.merged(self.tracker.all()?)?, alive))
    }

    fn quick_counts(&self, alive: &dyn Fn(&Owner) -> bool) -> Result<QueueCounts> {
        let counts = self.count(&self.merged(self.tracker.open()?)?, alive);
        if counts.ready.is_empty() {
            // Only a full count shows whether an empty `ready` list means that all tasks are closed.
            return self.counts(alive);
        }
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((Instant::now(), counts.ready.clone()));
        Ok(counts)
    }

    fn next(&self) -> Result<Vec<Task>> {
        Ok(self
            .merged(self.tracker.ready(Ready::All)?)?
            .into_iter()
            .filter(|task| task.state == TaskState::Ready)
            .collect())
    }

    fn show(&self, id: &str) -> Result<Task> {
        self.one(id, &self.tracker.claims_dir()?.claims()?)
    }

    fn claim(&self, id: Option<&str>, owner: &Owner) -> Result<Claim> {
        let dir = self.tracker.claims_dir()?;
        let mut locked = self.lock(
            &dir,
            &format!("claim {} for {owner}", id.unwrap_or("the next task")),
        )?;
        if let Some(id) = id {
            return self.claim_named(id, owner, &mut locked);
        }
        for id in if owner.is_user() {
            Vec::new()
        } else {
            locked.claims.held_by(owner)
        } {
            let held = self
                .one(&id, &locked.claims)
                .ok()
                .filter(|task| task.state == TaskState::Held);
            if let Some(task) =
                held.filter(|task| task.owner.as_deref().map(Owner::read).as_ref() == Some(owner))
            {
                return Ok(Claim::Won(task));
            }
        }
        self.claim_next(owner, &mut locked)
    }

    fn release(&self, id: &str, owner: &Owner, release: &Release<'_>) -> Result<Released> {
        let dir = self.tracker.claims_dir()?;
        let mut locked = self.lock(&dir, &format!("release {id}"))?;
        let task = match self.one(id, &locked.claims) {
            // The task was deleted in the tracker.
            Err(error) if error.kind == QueueErrorKind::Rejected => {
                return locked.done(id).map(|()| Released::NotHeld);
            }
            task => task?,
        };
        if task.state == TaskState::Blocked && locked.claims.parked(id).is_some() && owner.is_user()
        {
            self.put_back(id, owner)?;
            return locked
                .unpark(id, owner, release.why)
                .map(|()| Released::Back);
        }
        if task.state != TaskState::Held
            || Owner::read(task.owner.as_deref().unwrap_or_default()) != *owner
        {
            return Ok(Released::NotHeld);
        }
        if let Some(why) = release.parking_reason(|| locked.failed(id), self.max_attempts) {
            self.made(id, self.tracker.park(id, owner, &why), |task| {
                task.state != TaskState::Held
            })?;
            return locked.park(id, owner, &why).map(|()| Released::Parked);
        }
        self.put_back(id, owner)?;
        locked.free(id, owner, release.why).map(|()| Released::Back)
    }

    fn close(&self, id: &str, owner: Option<&Owner>, reason: &str) -> Result<()> {
        let dir = self.tracker.claims_dir()?;
        let mut locked = self.lock(&dir, &format!("close {id}"))?;
        let task = self.one(id, &locked.claims)?;
        if let (TaskState::Held, Some(owner), Some(by)) = (task.state, owner, &task.owner)
            && Owner::read(by) != *owner
        {
            return Err(QueueError::rejected(
                format!("task `{id}` is held by {by}"),
                "leave it to its holder, and claim another",
            ));
        }
        if task.state != TaskState::Closed {
            self.made(id, self.tracker.close(id, owner, reason), |task| {
                task.state == TaskState::Closed
            })?;
            locked.note("closed", id, owner, reason)?;
        }
        locked.done(id)
    }

    fn label(&self, which: LabelTarget<'_>, label: &str) -> Result<Vec<String>> {
        let dir = self.tracker.claims_dir()?;
        let _locked = self.lock(&dir, &format!("put label {label} on tasks"))?;
        self.tracker.label(which, label)
    }

    fn keep_alive(&self, owner: &Owner) -> Result<()> {
        self.tracker.keep_alive(owner)
    }

    fn agent_env(&self, owner: &Owner) -> Vec<(String, String)> {
        self.tracker.agent_env(owner)
    }

    fn remarks(&self) -> Vec<String> {
        self.tracker.remarks()
    }

    fn shorten_timeouts(&self) {
        self.tracker
            .program()
            .hurried
            .store(true, Ordering::Relaxed);
    }
}
