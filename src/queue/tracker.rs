//! A queue kept by another program: claims that cannot race, whatever the program's own are worth.
//!
//! Whoever goes through `ap` takes our lock of that database first; and since others need not, a claim counts only when
//! reading the task again shows it.
use super::claims::{Claims, ClaimsDir, Locked};
use super::program::Program;
use super::{
    Claim, Owner, Queue, QueueError, QueueErrorKind, Release, Released, Result, Unlabelled,
};
use crate::model::{QueueCounts, Searched, Task, TaskState};
use camino::Utf8PathBuf;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What a tracker's program can do, one thing each. Nothing here decides anything.
pub(super) trait Tracker: Send + Sync {
    /// Where its database is. Changes nothing.
    fn claims_dir(&self) -> Result<ClaimsDir>;
    /// Says what was looked for, for a person who finds no tasks.
    fn searched(&self) -> Searched;
    /// Returns every task of the session, closed ones too, in the order to take them.
    fn all(&self) -> Result<Vec<Task>>;
    /// Returns some of what is ready and all that is held, where that is cheaper than everything.
    fn open(&self) -> Result<Vec<Task>> {
        self.all()
    }
    /// Returns what is ready, in the order to take it: all of it, or enough to choose from.
    fn ready(&self, how: Ready) -> Result<Vec<Task>> {
        let _ = how;
        Ok(self
            .all()?
            .into_iter()
            .filter(|task| task.state == TaskState::Ready)
            .collect())
    }
    fn one(&self, id: &str) -> Result<Task>;
    /// Whether a claim of the tracker itself refuses a task that is closed or somebody else's.
    fn claims_safely(&self) -> Result<bool> {
        Ok(false)
    }
    /// Tries to claim; whether it worked is seen by reading again.
    fn claim(&self, id: &str, owner: &Owner) -> Result<()>;
    fn release(&self, id: &str, owner: &Owner) -> Result<()>;
    fn close(&self, id: &str, owner: Option<&Owner>, reason: &str) -> Result<()>;
    fn park(&self, id: &str, owner: &Owner, why: &str) -> Result<()>;
    fn label(&self, which: Unlabelled<'_>, label: &str) -> Result<Vec<String>>;
    fn keep_alive(&self, owner: &Owner) -> Result<()>;
    fn agent_env(&self, owner: &Owner) -> Vec<(String, String)>;
    fn remarks(&self) -> Vec<String>;
    /// How it is called.
    fn program(&self) -> &Program;
    /// Whether the tracker itself knows that a task is parked.
    fn parks(&self) -> bool;
}

/// How much of what is ready is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ready {
    All,
    /// The first [`TRIES`], or more.
    Some,
}

/// A tracker's tasks as a queue.
#[derive(Debug)]
pub(super) struct TrackerQueue<T> {
    tracker: T,
    /// Failed attempts after which a task is parked.
    max_attempts: u32,
    /// What was ready at the last look, and when: a claim that follows it at once need not look again.
    seen: Mutex<Option<(Instant, Vec<String>)>>,
}

/// How many tasks a claim tries before it says that there is none.
pub(super) const TRIES: usize = 50;
/// For how long what was seen ready may be claimed without looking again.
const FRESH: Duration = Duration::from_millis(500);
/// What is shown as the holder of a task that is held, but not by whom.
const SOMEBODY: &str = "somebody who did not say who";

impl<T: Tracker> TrackerQueue<T> {
    pub(super) fn new(tracker: T, max_attempts: u32) -> Self {
        Self {
            tracker,
            max_attempts,
            seen: Mutex::default(),
        }
    }

    /// Returns the tasks as everybody sees them who goes through `ap`.
    fn merged(&self, tasks: Vec<Task>) -> Result<Vec<Task>> {
        let claims = self.tracker.claims_dir()?.claims()?;
        Ok(tasks
            .into_iter()
            .map(|task| self.with_claims(task, &claims))
            .collect())
    }

    fn one(&self, id: &str, claims: &Claims) -> Result<Task> {
        Ok(self.with_claims(self.tracker.one(id)?, claims))
    }

    /// Adds what only we know: who claimed a task whose tracker does not say, and what we have parked. A tracker that
    /// parks tasks itself and shows one as ready has been told by a person.
    fn with_claims(&self, mut task: Task, claims: &Claims) -> Task {
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

    /// Takes our lock of the database; calls made while it is held are written down in it.
    fn lock<'a>(&'a self, dir: &'a ClaimsDir, purpose: &str) -> Result<Held<'a>> {
        let program = self.tracker.program();
        let locked = dir.lock_within(purpose, program.patience())?;
        *program
            .call_log
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = locked.call_log();
        Ok(Held { locked, program })
    }

    /// Claims one task under our lock.
    fn take(&self, id: &str, owner: &Owner, locked: &mut Locked<'_>) -> Result<Claim> {
        let tried = self.tracker.claim(id, owner);
        // Whatever the tracker said: what counts is who holds it now.
        let task = self.tracker.one(id)?;
        let holder = task.owner.as_deref().map(Owner::read);
        match (task.state, holder, tried) {
            (TaskState::Held, Some(by), _) if by == *owner => {}
            // A tracker that does not say who: it was free when we asked, and nobody else asks while we have the lock.
            (TaskState::Held, None, Ok(())) => {}
            (_, Some(by), _) => return Ok(Claim::Lost { by: by.to_string() }),
            (TaskState::Held, None, Err(_)) => {
                return Ok(Claim::Lost {
                    by: SOMEBODY.to_owned(),
                });
            }
            // It could have been had a moment ago.
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

    fn claim_named(&self, id: &str, owner: &Owner, locked: &mut Locked<'_>) -> Result<Claim> {
        let task = self.one(id, &locked.claims)?;
        match (task.state, task.owner.as_deref()) {
            (TaskState::Closed | TaskState::Blocked, _) => Err(no(task)),
            (TaskState::Held, Some(by)) if Owner::read(by) == *owner => Ok(Claim::Won(task)),
            (TaskState::Held, by) => Ok(Claim::Lost {
                by: by.unwrap_or(SOMEBODY).to_owned(),
            }),
            (TaskState::Ready, _) => self.take(id, owner, locked),
        }
    }

    /// Claims the first task that can be had: of those seen ready a moment ago, then of those that are now.
    fn claim_next(&self, owner: &Owner, locked: &mut Locked<'_>) -> Result<Claim> {
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
                // One task that cannot be taken must not keep us from the others; a tracker that is gone does.
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
        locked: &mut Locked<'_>,
    ) -> Result<Option<Claim>> {
        let claim = if just_now || self.tracker.claims_safely()? {
            self.take(id, owner, locked)
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
            // Whether that means the end takes all there is to know.
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
        for id in if owner.is_person() {
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
            // Somebody has deleted it.
            Err(error) if error.kind == QueueErrorKind::Rejected => {
                return locked.done(id).map(|()| Released::NotHeld);
            }
            task => task?,
        };
        if task.state == TaskState::Blocked
            && locked.claims.parked(id).is_some()
            && owner.is_person()
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
        if let Some(why) = release.parks(|| locked.failed(id), self.max_attempts) {
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

    fn label(&self, which: Unlabelled<'_>, label: &str) -> Result<Vec<String>> {
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

/// Our lock of the database, while it is held.
struct Held<'a> {
    locked: Locked<'a>,
    program: &'a Program,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        *self
            .program
            .call_log
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl<'a> Deref for Held<'a> {
    type Target = Locked<'a>;
    fn deref(&self) -> &Self::Target {
        &self.locked
    }
}

impl DerefMut for Held<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.locked
    }
}
