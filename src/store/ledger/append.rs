//! Appends lines to the ledger.
use super::line::SpentLine;
use super::read::for_each;
use crate::model::RunId;
use crate::store::crash;
use crate::store::layout::{StateFile, UserDirs};
use crate::store::lock::FileLock;
use crate::store::roots;
use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt as _;
use std::collections::BTreeSet;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};

/// Locks the ledger. What a runner could not append in time is appended by the session's next runner.
pub(super) fn lock(dirs: &UserDirs) -> io::Result<FileLock> {
    roots::lock(dirs, StateFile::SpentLock)
}

/// Appends a line to the ledger, under its lock.
pub fn append(dirs: &UserDirs, line: &SpentLine) -> io::Result<()> {
    let mut text = serde_json::to_string(line)?;
    text.push('\n');
    crash::point("ledger: before a line");
    let _lock = lock(dirs)?;
    let mut file = fs::OpenOptions::new()
        .create(true)
        .read(true)
        .append(true)
        .mode(0o600)
        .open(dirs.state_file(StateFile::Spent))?;
    if is_cut_off(&mut file)? {
        text.insert(0, '\n');
    }
    file.write_all(text.as_bytes())?;
    crash::point("ledger: line written");
    sync_soon(file);
    Ok(())
}

/// Syncs the ledger in a thread of its own, so that the next iteration does not wait for the disk. A line that a crash of
/// the machine takes before is in the journal, from which `ap cost --rebuild` makes it again.
fn sync_soon(file: fs::File) {
    let sync = move || {
        if let Err(error) = file.sync_data() {
            tracing::warn!(%error, "the ledger is not synced");
        }
    };
    let thread = std::thread::Builder::new().name("ledger sync".into());
    if let Err(error) = thread.spawn(sync) {
        tracing::warn!(%error, "the ledger is not synced");
    }
}

/// Whether the last line was cut off by a crash of the machine.
fn is_cut_off(file: &mut fs::File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

/// Returns the numbers of a run's facts, or of those of its branch, that the ledger has.
pub fn recorded(dirs: &UserDirs, run: &RunId, branch: &str) -> io::Result<BTreeSet<u64>> {
    let mut numbers = BTreeSet::new();
    for_each(dirs, |spent| {
        if spent.run == run.as_str() && spent.branch == branch {
            numbers.insert(spent.number);
        }
    })?;
    Ok(numbers)
}
