//! A queue in a file that is also edited by hand: claims are stored beside it, it has one writer at a time, and a
//! half-saved file is read again.
use super::format::{Format, Item};
use super::merged::{count, state, task};
use super::tasks::{Tasks, find};
use crate::clock;
use crate::model::{QueueCounts, Searched, Task, TaskState};
use crate::queue::claims::{Claims, ClaimsDir};
use crate::queue::error::{QueueError, QueueErrorKind, Result};
use crate::queue::interface::{Claim, Queue, Release, Released};
use crate::queue::owner::Owner;
use camino::Utf8PathBuf;
use fs_err as fs;
use std::time::Duration;

/// A file of tasks.
#[derive(Debug)]
pub(in crate::queue) struct FileQueue<F> {
    pub(super) path: Utf8PathBuf,
    /// Failed attempts after which a task is parked.
    pub(super) max_attempts: u32,
    pub(super) format: F,
}

/// The time that an editor may need to save a file.
const SAVE_TIME: Duration = Duration::from_millis(100);
/// The maximum number of reads of a file that keeps changing.
pub(super) const MAX_READS: u32 = 20;

impl<F: Format> FileQueue<F> {
    pub(in crate::queue) fn new(format: F, path: Utf8PathBuf, max_attempts: u32) -> Self {
        Self {
            path,
            max_attempts,
            format,
        }
    }

    /// Repeats a read that finds no tasks or fails, until the file stops changing: most editors empty a file before they
    /// fill it, and a half-saved file must not end a loop.
    pub(super) fn read_until_stable<T>(
        &self,
        take: impl Fn() -> Result<T>,
        believable: impl Fn(&T) -> bool,
    ) -> Result<T> {
        let mut before = None;
        for _ in 0..MAX_READS {
            let found = take();
            let busy = found
                .as_ref()
                .is_err_and(|error| error.kind == QueueErrorKind::Busy);
            if busy || found.as_ref().is_ok_and(&believable) {
                return found;
            }
            // Reading a pipe would block forever.
            let now = self.path.is_file().then(|| fs::read(&self.path).ok());
            if before.as_ref() == Some(&now) {
                return found;
            }
            before = Some(now);
            clock::pause(SAVE_TIME);
        }
        Err(self.restless())
    }

    pub(super) fn restless(&self) -> QueueError {
        QueueError::busy(
            format!("{} keeps being changed by another program", self.path),
            "find out what else writes that file, then try again",
        )
    }

    /// Reads the claims before the file, so that a task closed in between shows as closed and not as ready.
    pub(super) fn read(&self) -> Result<(Tasks, Claims)> {
        let dir = ClaimsDir::of(&self.path)?;
        let claims = dir.claims()?;
        Ok((Tasks::read(&self.format, &dir.file, &claims)?, claims))
    }

    pub(super) fn find<'a>(
        &self,
        items: &'a [Item],
        id: &str,
        claims: &Claims,
    ) -> Result<&'a Item> {
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
        self.read_until_stable(count, |counts| counts.total > counts.closed)
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
        self.read_until_stable(|| self.try_claim(id, owner), |claim| *claim != Claim::None)
    }

    fn release(&self, id: &str, owner: &Owner, release: &Release<'_>) -> Result<Released> {
        self.release_task(id, owner, release)
    }

    fn close(&self, id: &str, owner: Option<&Owner>, reason: &str) -> Result<()> {
        self.close_task(id, owner, reason)
    }
}
