//! What survives when the run directory is removed under a running session, as `git clean -fdx` does: second names of
//! journal, plan, lock and output, and a copy of the journal, in git's own folder or in the state folder.
use crate::model::Event;
use crate::store::journal::{self, Position};
use crate::store::layout::RunDir;
use crate::store::{beneath, crash};
use camino::Utf8Path;
use fs_err as fs;
use std::io;

/// Puts back the journal and plan of a session whose run directory was removed. Returns whether it did.
pub fn put_back(dir: &RunDir) -> io::Result<bool> {
    let Some(kept) = dir.kept_journal() else {
        return Ok(false);
    };
    if exists(&dir.journal()) || !exists(&kept) {
        return Ok(false);
    }
    for file in [dir.plan(), dir.journal()] {
        restore(dir, &file)?;
        crash::point("kept: put back");
    }
    Ok(true)
}

/// Gives a file of the run directory its first name again. Returns whether it had lost it.
pub(super) fn restore(dir: &RunDir, file: &Utf8Path) -> io::Result<bool> {
    let Some(kept) = dir.kept_file(file) else {
        return Ok(false);
    };
    if exists(file) || !exists(&kept) {
        return Ok(false);
    }
    if let Some(folder) = file.parent() {
        beneath::create_dir_all(folder)?;
    }
    link_or_copy(&kept, file)?;
    Ok(true)
}

/// Gives a file a second name, or a copy where that cannot be.
pub fn link_or_copy(from: &Utf8Path, to: &Utf8Path) -> io::Result<()> {
    beneath::link(from, to).or_else(|_| beneath::copy(from, to))
}

/// Whether a runner holds the kept journal, whatever became of the run directory.
pub fn is_held(dir: &RunDir) -> io::Result<bool> {
    for kept in [dir.kept_copy(), dir.kept_journal()].into_iter().flatten() {
        if journal::is_held(&kept)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the kept journal is that of a session that has not ended.
pub fn is_unfinished(dir: &RunDir) -> bool {
    let Some(kept) = dir.kept_journal() else {
        return false;
    };
    let mut ended = None;
    let read = journal::read_from(&kept, Position::default(), |line| {
        ended = Some(matches!(line.event, Event::SessionFinished { .. }));
    });
    read.is_ok() && ended == Some(false)
}

/// Removes what is kept of a session.
pub fn forget(dir: &RunDir) -> io::Result<()> {
    let Some(kept) = dir.kept() else {
        return Ok(());
    };
    match fs::symlink_metadata(kept) {
        Ok(there) if there.is_dir() => fs::remove_dir_all(kept),
        Ok(_) => beneath::remove_file(kept),
        Err(_) => Ok(()),
    }
}

fn exists(path: &Utf8Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}
