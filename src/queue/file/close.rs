//! Closes a task of a file.
use super::file_queue::{FileQueue, MAX_READS};
use super::format::{Format, Mark};
use super::rematch;
use super::tasks::{Tasks, find};
use crate::queue::claims::{ClaimsDir, LockedClaims};
use crate::queue::error::Result;
use crate::queue::owner::Owner;
use crate::queue::rewrite;

impl<F: Format> FileQueue<F> {
    pub(super) fn close_task(&self, id: &str, owner: Option<&Owner>, reason: &str) -> Result<()> {
        let id = id.trim_start_matches('#');
        let dir = ClaimsDir::of(&self.path)?;
        let mut locked = LockedClaims::acquire(&dir, &format!("close {id}"))?;
        let Tasks { items, gone, .. } = Tasks::read(&self.format, &dir.file, &locked.claims)?;
        let missing =
            gone.iter().any(|gone| gone == id) || locked.claims.missing().contains_key(id);
        let id = match find(&items, id) {
            Some(item) => match rematch::check_same_task(item, id, &locked.claims) {
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
        if self.close_in_file(&dir, &locked, id, owner)? {
            locked.note("closed", id, owner, reason)?;
        }
        locked.done(id)
    }

    /// Closes the task in the file, again if another program has overwritten the change. Returns whether it was open.
    fn close_in_file(
        &self,
        dir: &ClaimsDir,
        locked: &LockedClaims<'_>,
        id: &str,
        owner: Option<&Owner>,
    ) -> Result<bool> {
        for changes in 0..=MAX_READS {
            if self.try_close(dir, locked, id, owner)? {
                return Ok(changes > 0);
            }
        }
        Err(self.restless())
    }

    /// Changes the file; returns true once it shows the task as closed.
    fn try_close(
        &self,
        dir: &ClaimsDir,
        locked: &LockedClaims<'_>,
        id: &str,
        owner: Option<&Owner>,
    ) -> Result<bool> {
        let Tasks { text, items, .. } = Tasks::read(&self.format, &dir.file, &locked.claims)?;
        let item = self.find(&items, id, &locked.claims)?;
        if item.mark == Mark::Closed {
            return Ok(true);
        }
        let holder = locked.claims.owner(&item.id);
        if let (Some(owner), Some(holder)) = (owner, holder)
            && *owner != holder
        {
            let why = format!("is held by {holder}");
            return Err(item.refusal(&why, "leave it to its holder, and claim another"));
        }
        if let Mark::Blocked(why) = &item.mark {
            return Err(item.refusal(why, "remove what blocks it, then close it"));
        }
        rewrite::change(&dir.file, text.as_bytes(), &F::close(&text, item))?;
        Ok(false)
    }
}
