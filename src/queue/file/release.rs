//! Releases a task of a file.
use super::file_queue::FileQueue;
use super::format::{Format, Item, Mark};
use super::tasks::{Tasks, find};
use crate::queue::claims::{ClaimsDir, LockedClaims};
use crate::queue::error::Result;
use crate::queue::interface::{Release, Released};
use crate::queue::owner::Owner;

impl<F: Format> FileQueue<F> {
    pub(super) fn release_task(
        &self,
        id: &str,
        owner: &Owner,
        release: &Release<'_>,
    ) -> Result<Released> {
        let id = id.trim_start_matches('#');
        let dir = ClaimsDir::of(&self.path)?;
        let mut locked = LockedClaims::acquire(&dir, &format!("release {id}"))?;
        let Tasks { items, .. } = Tasks::read(&self.format, &dir.file, &locked.claims)?;
        let item = find(&items, id);
        let id = item.map_or(id, |item| &item.id);
        if locked.claims.owner(id).as_ref() != Some(owner) {
            return reopen(&mut locked, item.ok_or(id), owner, release.why);
        }
        match item {
            Some(item) if item.mark != Mark::Closed => {
                self.release_held(&mut locked, item, owner, release)
            }
            // A claim left on a closed or deleted task is dropped, and nothing is released.
            Some(_) => locked.done(id).map(|()| Released::NotHeld),
            None if owner.is_user() => locked.free(id, owner, release.why).map(|()| Released::Back),
            None => locked.lose(id, owner).map(|()| Released::NotHeld),
        }
    }

    fn release_held(
        &self,
        locked: &mut LockedClaims<'_>,
        item: &Item,
        owner: &Owner,
        release: &Release<'_>,
    ) -> Result<Released> {
        let mut id = item.id.as_str();
        if let Some(now) = &item.now {
            locked.rename(id, now);
            id = now;
        }
        match release.parking_reason(|| locked.failed(id), self.max_attempts) {
            Some(why) => locked.park(id, owner, &why).map(|()| Released::Parked),
            None => locked.free(id, owner, release.why).map(|()| Released::Back),
        }
    }
}

/// Lets the user reopen a parked task and give up a missing one; `task` is the id of one that is not in the file.
fn reopen(
    locked: &mut LockedClaims<'_>,
    task: std::result::Result<&Item, &str>,
    owner: &Owner,
    why: &str,
) -> Result<Released> {
    if !owner.is_user() {
        return Ok(Released::NotHeld);
    }
    if let Err(id) = task
        && locked.claims.missing().contains_key(id)
    {
        locked.note("given up", id, Some(owner), why)?;
        return locked.done(id).map(|()| Released::Back);
    }
    let id = task.map_or_else(|id| id, |item| item.id.as_str());
    if locked.claims.parked(id).is_none() {
        return Ok(Released::NotHeld);
    }
    locked.unpark(id, owner, why)?;
    Ok(Released::Back)
}
