//! A queue in a file that is also edited by hand: claims are stored beside it, it has one writer at a time, and a
//! half-saved file is read again.
use super::format::{Format, Item, Mark};
use super::merged::{choose, count, state, task};
use super::rematch;
use super::tasks::{MARKED_BY_HAND, Tasks, find};
use crate::clock;
use crate::model::{QueueCounts, Searched, Task, TaskState};
use crate::queue::claims::{Claims, ClaimsDir, LinePosition, LockedClaims};
use crate::queue::error::{QueueError, QueueErrorKind, Result};
use crate::queue::interface::{Claim, Queue, Release, Released};
use crate::queue::owner::Owner;
use crate::queue::rewrite;
use camino::Utf8PathBuf;
use fs_err as fs;
use std::marker::PhantomData;
use std::time::Duration;

/// A file of tasks.
#[derive(Debug)]
pub(in crate::queue) struct FileQueue<F> {
    path: Utf8PathBuf,
    /// Failed attempts after which a task is parked.
    max_attempts: u32,
    format: PhantomData<fn() -> F>,
}

/// Long enough for an editor to save a file it has begun to save.
const SECOND_LOOK: Duration = Duration::from_millis(100);
/// How often a file that keeps changing is looked at again.
pub(super) const LOOKS: u32 = 20;

impl<F: Format> FileQueue<F> {
    pub(in crate::queue) fn new(path: Utf8PathBuf, max_attempts: u32) -> Self {
        Self {
            path,
            max_attempts,
            format: PhantomData,
        }
    }

    /// Looks again, a moment later, at a file that has nothing left or makes no sense: most editors empty a file
    /// before they fill it, and what they are half way through must not end a loop.
    pub(super) fn look<T>(
        &self,
        take: impl Fn() -> Result<T>,
        believable: impl Fn(&T) -> bool,
    ) -> Result<T> {
        let mut before = None;
        for _ in 0..LOOKS {
            let found = take();
            let busy = found
                .as_ref()
                .is_err_and(|error| error.kind == QueueErrorKind::Busy);
            if busy || found.as_ref().is_ok_and(&believable) {
                return found;
            }
            // Reading a pipe would wait for ever.
            let now = self.path.is_file().then(|| fs::read(&self.path).ok());
            if before.as_ref() == Some(&now) {
                return found;
            }
            before = Some(now);
            clock::pause(SECOND_LOOK);
        }
        Err(self.restless())
    }

    fn restless(&self) -> QueueError {
        QueueError::busy(
            format!("{} keeps being changed by another program", self.path),
            "find out what else writes that file, then try again",
        )
    }

    /// Reads who holds what before the file, so that a task closed in between shows as closed and not as ready.
    pub(super) fn read(&self) -> Result<(Tasks, Claims)> {
        let dir = ClaimsDir::of(&self.path)?;
        let claims = dir.claims()?;
        Ok((Tasks::read::<F>(&dir.file, &claims)?, claims))
    }

    fn try_claim(&self, id: Option<&str>, owner: &Owner) -> Result<Claim> {
        let dir = ClaimsDir::of(&self.path)?;
        let mut locked = LockedClaims::acquire(
            &dir,
            &format!("claim {} for {owner}", id.unwrap_or("the next task")),
        )?;
        let Tasks { items, .. } = Tasks::read::<F>(&dir.file, &locked.claims)?;
        let Some(item) = (match id {
            Some(id) => Some(self.find(&items, id, &locked.claims)?),
            None => choose(&items, &locked.claims, owner),
        }) else {
            return Ok(Claim::None);
        };
        match (&item.mark, locked.claims.owner(&item.id)) {
            (Mark::Closed, _) => {
                return Err(no(
                    item,
                    "is closed already",
                    "claim another: `ap queue ready` lists them",
                ));
            }
            (_, Some(by)) if by == *owner => return Ok(Claim::Won(task(item, &locked.claims))),
            (_, Some(by)) => return Ok(Claim::Lost { by: by.to_string() }),
            (Mark::Begun, None) => {
                return Ok(Claim::Lost {
                    by: MARKED_BY_HAND.to_owned(),
                });
            }
            (Mark::Blocked(why), None) => {
                return Err(no(item, why, "claim another: `ap queue ready` lists them"));
            }
            (Mark::Open, None) => {}
        }
        if let Some(why) = locked.claims.parked(&item.id) {
            let next = format!(
                "look at it, then open it again with `ap queue release {} --file '{}'`",
                item.id, self.path
            );
            return Err(no(item, why, &next));
        }
        // A claim on a task that is not in the file stays: the file may be half saved.
        locked.forget(|id| {
            items
                .iter()
                .any(|item| item.id == id && item.mark == Mark::Closed)
        });
        let at = items
            .iter()
            .position(|other| other.id == item.id)
            .map(|at| LinePosition::of(&items, at));
        locked.hold_at(&item.id, &item.title, at, owner)?;
        Ok(Claim::Won(task(item, &locked.claims)))
    }

    /// Makes the change in the file; true once the file says that the task is closed.
    fn try_close(
        &self,
        dir: &ClaimsDir,
        locked: &LockedClaims<'_>,
        id: &str,
        owner: Option<&Owner>,
    ) -> Result<bool> {
        let Tasks { text, items, .. } = Tasks::read::<F>(&dir.file, &locked.claims)?;
        let item = self.find(&items, id, &locked.claims)?;
        if item.mark == Mark::Closed {
            return Ok(true);
        }
        let holder = locked.claims.owner(&item.id);
        if let (Some(owner), Some(holder)) = (owner, holder)
            && *owner != holder
        {
            return Err(no(
                item,
                &format!("is held by {holder}"),
                "leave it to its holder, and claim another",
            ));
        }
        if let Mark::Blocked(why) = &item.mark {
            return Err(no(item, why, "remove what blocks it, then close it"));
        }
        rewrite::change(&dir.file, text.as_bytes(), &F::close(&text, item))?;
        Ok(false)
    }

    fn find<'a>(&self, items: &'a [Item], id: &str, claims: &Claims) -> Result<&'a Item> {
        let id = id.trim_start_matches('#');
        find(items, id).ok_or_else(|| {
            let title = claims.of(id).map(|held| &held.title).or_else(|| claims.missing().get(id));
            let was = title.map(|title| format!(" (it was “{title}”)")).unwrap_or_default();
            QueueError::rejected(
                format!("there is no task `{id}` in {}{was}", self.path),
                "its text may have been edited: `ap queue ready` lists the ids; a task that ends in `(#name)` keeps its id",
            )
        })
    }
}

impl<F: Format> Queue for FileQueue<F> {
    fn searched(&self) -> Searched {
        Searched {
            what: format!("{} in {}", F::LOOKS_LIKE, self.path),
            next: format!("add a task to {}, then resume", self.path),
        }
    }

    fn folder(&self) -> Result<Utf8PathBuf> {
        Ok(ClaimsDir::of(&self.path)?.folder().to_owned())
    }

    fn counts(&self, alive: &dyn Fn(&Owner) -> bool) -> Result<QueueCounts> {
        let count = || {
            let (tasks, claims) = self.read()?;
            let mut counts = count(&tasks, &claims, alive);
            if counts.total == 0 {
                counts.closed = u32::try_from(ClaimsDir::of(&self.path)?.closed_by(alive).len())
                    .unwrap_or(u32::MAX);
                counts.total = counts.closed;
            }
            Ok(counts)
        };
        self.look(count, |counts| counts.total > counts.closed)
    }

    fn next(&self) -> Result<Vec<Task>> {
        let (Tasks { items, .. }, claims) = self.read()?;
        Ok(items
            .iter()
            .filter(|item| state(item, &claims) == TaskState::Ready)
            .map(|item| task(item, &claims))
            .collect())
    }

    fn show(&self, id: &str) -> Result<Task> {
        let (Tasks { items, .. }, claims) = self.read()?;
        Ok(task(self.find(&items, id, &claims)?, &claims))
    }

    fn claim(&self, id: Option<&str>, owner: &Owner) -> Result<Claim> {
        self.look(|| self.try_claim(id, owner), |claim| *claim != Claim::None)
    }

    fn release(&self, id: &str, owner: &Owner, release: &Release<'_>) -> Result<Released> {
        let id = id.trim_start_matches('#');
        let dir = ClaimsDir::of(&self.path)?;
        let mut locked = LockedClaims::acquire(&dir, &format!("release {id}"))?;
        let Tasks { items, .. } = Tasks::read::<F>(&dir.file, &locked.claims)?;
        let item = find(&items, id);
        let id = item.map_or(id, |item| &item.id);
        if locked.claims.owner(id).as_ref() != Some(owner) {
            if owner.is_user() && item.is_none() && locked.claims.missing().contains_key(id) {
                locked.note("given up", id, Some(owner), release.why)?;
                return locked.done(id).map(|()| Released::Back);
            }
            if locked.claims.parked(id).is_none() || !owner.is_user() {
                return Ok(Released::NotHeld);
            }
            locked.unpark(id, owner, release.why)?;
            return Ok(Released::Back);
        }
        // A claim left on a task that is closed or gone is no task given back.
        match item {
            None if owner.is_user() => {
                return locked.free(id, owner, release.why).map(|()| Released::Back);
            }
            None => return locked.lose(id, owner).map(|()| Released::NotHeld),
            Some(item) if item.mark == Mark::Closed => {
                return locked.done(id).map(|()| Released::NotHeld);
            }
            Some(_) => {}
        }
        let now = item.and_then(|item| item.now.as_deref());
        now.into_iter().for_each(|now| locked.rename(id, now));
        let id = now.unwrap_or(id);
        match release.parks(|| locked.failed(id), self.max_attempts) {
            Some(why) => locked.park(id, owner, &why).map(|()| Released::Parked),
            None => locked.free(id, owner, release.why).map(|()| Released::Back),
        }
    }

    fn close(&self, id: &str, owner: Option<&Owner>, reason: &str) -> Result<()> {
        let id = id.trim_start_matches('#');
        let dir = ClaimsDir::of(&self.path)?;
        let mut locked = LockedClaims::acquire(&dir, &format!("close {id}"))?;
        let Tasks { items, gone, .. } = Tasks::read::<F>(&dir.file, &locked.claims)?;
        let missing =
            gone.iter().any(|gone| gone == id) || locked.claims.missing().contains_key(id);
        let id = match find(&items, id) {
            Some(item) => match rematch::hardly_the_same(item, id, &locked.claims) {
                Some(refused) => return Err(refused),
                None => item.id.as_str(),
            },
            // You may close a task that is gone from the file; an agent that removed its line must put it back.
            None if missing && owner.is_none() => {
                locked.note("closed", id, owner, reason)?;
                return locked.done(id);
            }
            None => id,
        };
        let mut changes = 0;
        while !self.try_close(&dir, &locked, id, owner)? {
            changes += 1;
            if changes > LOOKS {
                return Err(self.restless());
            }
        }
        if changes > 0 {
            locked.note("closed", id, owner, reason)?;
        }
        locked.done(id)
    }
}

fn no(item: &Item, why: &str, next: &str) -> QueueError {
    QueueError::rejected(format!("task `{}` {why}", item.id), next)
}
