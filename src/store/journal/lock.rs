//! The lock a journal's writer holds on the file itself.
use crate::clock;
use crate::store::beneath;
use crate::store::lock::FileLock;
use camino::Utf8Path;
use fs_err as fs;
use std::io;
use std::time::Duration;

/// How long to wait for the lock: processes other than the writer hold it for less.
const BRIEF_HOLD: Duration = Duration::from_millis(500);

/// Whether a running runner writes the journal, even if its lock file was deleted. Call it with the session's lock held.
pub fn is_held(path: &Utf8Path) -> io::Result<bool> {
    match beneath::open_if_there(path)? {
        None => Ok(false),
        Some(file) => Ok(lock(&file)?.is_none()),
    }
}

/// Locks a journal; `None` if a writer holds it. A process that waits for a runner's end and a starting shim hold the
/// lock for a moment.
pub(super) fn lock(file: &fs::File) -> io::Result<Option<FileLock>> {
    let mut lock = FileLock::try_exclusive(file);
    clock::wait_until(BRIEF_HOLD, || {
        if matches!(lock, Ok(None)) {
            lock = FileLock::try_exclusive(file);
        }
        !matches!(lock, Ok(None))
    });
    lock
}
