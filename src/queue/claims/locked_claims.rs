//! The claims on a queue while they are locked for a change.
use super::claims_dir::{ClaimsDir, create_folder};
use super::claims_file::{ClaimRecord, Claims, LinePosition};
use crate::clock;
use crate::queue::error::{QueueError, Result};
use crate::queue::lock::Lock;
use crate::queue::owner::Owner;
use crate::store::{atomic, beneath, crash};
use std::fs::File;
use std::io::Write as _;
use std::time::Duration;

/// How long to wait for the lock of a file of tasks. A change takes milliseconds, so a longer wait means a hang.
const FILE_LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// The claims, locked for a change until dropped.
#[derive(Debug)]
pub(in crate::queue) struct LockedClaims<'a> {
    dir: &'a ClaimsDir,
    pub(in crate::queue) claims: Claims,
    lock: Lock,
}

impl<'a> LockedClaims<'a> {
    /// Locks the claims on a file of tasks.
    pub(in crate::queue) fn acquire(dir: &'a ClaimsDir, purpose: &str) -> Result<Self> {
        Self::acquire_within(dir, purpose, FILE_LOCK_TIMEOUT)
    }

    /// Locks the claims, waiting for at most `timeout`.
    pub(in crate::queue) fn acquire_within(
        dir: &'a ClaimsDir,
        purpose: &str,
        timeout: Duration,
    ) -> Result<Self> {
        create_folder(dir.folder())?;
        let lock = Lock::acquire(&dir.lock, purpose, timeout)?;
        Ok(Self {
            dir,
            claims: dir.claims()?,
            lock,
        })
    }

    /// Returns the file that records calls made under the lock.
    pub(in crate::queue) fn call_log(&self) -> Option<File> {
        self.lock.call_log().ok()
    }

    /// Records a claim; on disk, and read back, before this returns.
    pub(in crate::queue) fn hold(&mut self, id: &str, title: &str, owner: &Owner) -> Result<()> {
        self.hold_at(id, title, None, owner)
    }

    /// Records a claim on a task of a file, with its position, to find the task again.
    pub(in crate::queue) fn hold_at(
        &mut self,
        id: &str,
        title: &str,
        position: Option<LinePosition>,
        owner: &Owner,
    ) -> Result<()> {
        let held = ClaimRecord {
            owner: owner.to_string(),
            title: title.to_owned(),
            since: clock::now(),
            position,
        };
        self.claims.claims.insert(id.to_owned(), held);
        if self.claims.parked.remove(id).is_some() {
            // The task was reopened in the tracker itself.
            self.claims.failures.remove(id);
        }
        self.save()?;
        let kept = self.dir.claims()?;
        if kept.owner(id).as_ref() != Some(owner) {
            return Err(QueueError::busy(
                format!(
                    "{} was changed by another program while `{id}` was claimed",
                    self.dir.claims
                ),
                "find out what else writes that file, then claim again",
            ));
        }
        self.note("claimed", id, Some(owner), "")
    }

    /// Ends the claim on a task.
    pub(in crate::queue) fn free(&mut self, id: &str, by: &Owner, why: &str) -> Result<()> {
        self.claims.claims.remove(id);
        self.save()?;
        self.note("released", id, Some(by), why)
    }

    /// Counts a failed attempt at a task and returns how many that makes. Written with the next change.
    pub(in crate::queue) fn failed(&mut self, id: &str) -> u32 {
        let failures = self.claims.failures.entry(id.to_owned()).or_default();
        *failures = failures.saturating_add(1);
        *failures
    }

    /// Ends the claim on a task and parks it until you open it again.
    pub(in crate::queue) fn park(&mut self, id: &str, by: &Owner, why: &str) -> Result<()> {
        self.claims.claims.remove(id);
        self.claims.parked.insert(id.to_owned(), why.to_owned());
        self.save()?;
        self.note("parked", id, Some(by), why)
    }

    /// Reopens a parked task, so that it can be claimed again.
    pub(in crate::queue) fn unpark(&mut self, id: &str, by: &Owner, why: &str) -> Result<()> {
        self.claims.parked.remove(id);
        self.claims.failures.remove(id);
        self.save()?;
        self.note("opened again", id, Some(by), why)
    }

    /// Ends the claim on a task that is no longer in the file, and records that it was not closed.
    pub(in crate::queue) fn lose(&mut self, id: &str, by: &Owner) -> Result<()> {
        if let Some(held) = self.claims.claims.remove(id) {
            self.claims.missing.insert(id.to_owned(), held.title);
        }
        self.save()?;
        self.note("released", id, Some(by), "it is no longer in the file")
    }

    /// Moves everything known of a task to its new id.
    pub(in crate::queue) fn rename(&mut self, old: &str, new: &str) {
        let Claims {
            claims, failures, ..
        } = &mut self.claims;
        claims
            .remove(old)
            .and_then(|held| claims.insert(new.to_owned(), held));
        failures
            .remove(old)
            .and_then(|failed| failures.insert(new.to_owned(), failed));
    }

    /// Forgets what is known of a task that is done.
    pub(in crate::queue) fn done(&mut self, id: &str) -> Result<()> {
        let Claims {
            claims,
            failures,
            parked,
            missing,
            ..
        } = &mut self.claims;
        let known = [
            claims.remove(id).is_some(),
            failures.remove(id).is_some(),
            parked.remove(id).is_some(),
            missing.remove(id).is_some(),
        ];
        if known.contains(&true) {
            self.save()
        } else {
            Ok(())
        }
    }

    /// Drops the records that `useless` accepts; written with the next change.
    pub(in crate::queue) fn forget(&mut self, useless: impl Fn(&str) -> bool) {
        self.claims.claims.retain(|id, _| !useless(id));
        self.claims.failures.retain(|id, _| !useless(id));
        self.claims.parked.retain(|id, _| !useless(id));
        self.claims.missing.retain(|id, _| !useless(id));
    }

    fn save(&self) -> Result<()> {
        let mut text =
            serde_json::to_string_pretty(&self.claims).expect("claims are plain strings");
        text.push('\n');
        let replace = if self.dir.alone {
            atomic::replace_durably
        } else {
            atomic::replace
        };
        Ok(replace(&self.dir.claims, text.as_bytes())?)
    }

    /// Adds a line to the log. Only `closed` lines are ever read again.
    pub(in crate::queue) fn note(
        &self,
        what: &str,
        id: &str,
        by: Option<&Owner>,
        why: &str,
    ) -> Result<()> {
        let line = serde_json::json!({ "at": clock::now(), "what": what, "id": id, "by": by.map(ToString::to_string), "why": why });
        let mut log = beneath::append(&self.dir.log)?;
        log.write_all(format!("{line}\n").as_bytes())?;
        crash::point("claims: noted in the log");
        Ok(())
    }
}
