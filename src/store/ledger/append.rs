//! Appends lines to the ledger.
use super::line::SpentLine;
use super::read::for_each;
use crate::model::RunId;
use crate::store::crash;
use crate::store::layout::{StateFile, UserDirs};
use crate::store::lock::FileLock;
use crate::store::roots::lock_within;
use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt as _;
use std::collections::BTreeSet;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::time::Duration;

/// How long a runner waits for the ledger. What it could not append then is appended by the session's next runner.
const PATIENCE: Duration = Duration::from_secs(2);

/// Locks the ledger.
pub(super) fn lock(dirs: &UserDirs) -> io::Result<FileLock> {
    lock_within(dirs, StateFile::SpentLock, PATIENCE)
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
    Ok(())
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
