//! The projects in which sessions were started, so that the sessions of all projects can be listed.
//!
//! `roots.jsonl` has a line per project. A start appends to it, under a lock; a reader never writes.
use super::atomic;
use super::layout::{StateFile, UserDirs};
use super::lock::FileLock;
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::time::Duration;

/// How long a file of the state folder is waited for. What a runner could not record then is recorded by a later one, or
/// not at all, but no session stands still for it.
const PATIENCE: Duration = Duration::from_secs(2);

/// A line of `roots.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    /// The root of the project.
    pub root: Utf8PathBuf,
    /// When a session was first started there.
    pub since: Timestamp,
}

impl Root {
    /// Whether the project is still there.
    pub fn exists(&self) -> bool {
        self.root.is_dir()
    }
}

/// Returns the projects in the order they were first used. A line that cannot be read is skipped.
pub fn read(dirs: &UserDirs) -> io::Result<Vec<Root>> {
    let text = match fs::read_to_string(dirs.state_file(StateFile::Roots)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        text => text?,
    };
    let mut roots: Vec<Root> = Vec::new();
    for root in text
        .lines()
        .filter_map(|line| serde_json::from_str::<Root>(line).ok())
    {
        if !roots.iter().any(|known| known.root == root.root) {
            roots.push(root);
        }
    }
    Ok(roots)
}

/// Adds a project, unless it is known.
pub fn add(dirs: &UserDirs, root: &Utf8Path, now: Timestamp) -> io::Result<()> {
    let is_known = |roots: &[Root]| roots.iter().any(|known| known.root == root);
    if is_known(&read(dirs)?) {
        return Ok(());
    }
    let _lock = lock(dirs, StateFile::RootsLock)?;
    if is_known(&read(dirs)?) {
        return Ok(());
    }
    let line = serde_json::to_string(&Root {
        root: root.to_owned(),
        since: now,
    })?;
    let path = dirs.state_file(StateFile::Roots);
    // After a line that was cut off by a crash a new one begins.
    let cut_off = fs::read(&path).is_ok_and(|text| text.last().is_some_and(|last| *last != b'\n'));
    let start = if cut_off { "\n" } else { "" };
    let mut file = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(format!("{start}{line}\n").as_bytes())
}

/// Removes a project that is no longer there.
pub fn forget(dirs: &UserDirs, root: &Utf8Path) -> io::Result<()> {
    let _lock = lock(dirs, StateFile::RootsLock)?;
    let mut text = String::new();
    let stays = |known: &Root| known.root != root || known.exists();
    for known in read(dirs)?.into_iter().filter(stays) {
        text += &serde_json::to_string(&known)?;
        text.push('\n');
    }
    atomic::replace(&dirs.state_file(StateFile::Roots), text.as_bytes())
}

/// Creates the state folder, which only its user may enter.
pub fn create_state_dir(dirs: &UserDirs) -> io::Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&dirs.state)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", dirs.state)))
}

/// Waits for the lock of a file in the state folder; fails as timed out when another process holds it for too long.
pub(super) fn lock(dirs: &UserDirs, file: StateFile) -> io::Result<FileLock> {
    let file = open_lock(dirs, file)?;
    let held = || {
        let path = file.path().display();
        let reason = format!("another process holds {path}");
        io::Error::new(io::ErrorKind::TimedOut, reason)
    };
    FileLock::exclusive_within(&file, PATIENCE)?.ok_or_else(held)
}

fn open_lock(dirs: &UserDirs, file: StateFile) -> io::Result<fs::File> {
    create_state_dir(dirs)?;
    fs::OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(dirs.state_file(file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn dirs(folder: &tempfile::TempDir) -> UserDirs {
        let home = folder.path().join("ap home").display().to_string();
        UserDirs::new(
            &std::iter::once(("AP_HOME".to_owned(), home)).collect(),
            None,
        )
    }

    fn paths(roots: Vec<Root>) -> Vec<Utf8PathBuf> {
        roots.into_iter().map(|root| root.root).collect()
    }

    #[test]
    fn a_root_is_listed_once_and_stays_until_it_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let dirs = dirs(&folder);
        assert_eq!(read(&dirs).unwrap(), []);
        assert!(!dirs.state.exists(), "reading writes nothing");
        let here = Utf8Path::from_path(folder.path()).unwrap();
        let now = crate::clock::now();
        for root in [here, "/no/such/folder".into(), here] {
            add(&dirs, root, now).unwrap();
        }
        let both = [here.to_owned(), "/no/such/folder".into()];
        assert_eq!(paths(read(&dirs).unwrap()), both);
        let mode = fs_err::metadata(&dirs.state).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        for root in &both {
            forget(&dirs, root).unwrap();
        }
        assert_eq!(paths(read(&dirs).unwrap()), both[..1]);
    }

    #[test]
    fn a_damaged_line_hides_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let dirs = dirs(&folder);
        create_state_dir(&dirs).unwrap();
        atomic::replace(&dirs.state_file(StateFile::Roots), b"{\"root\": \"/a").unwrap();
        add(&dirs, "/b".into(), crate::clock::now()).unwrap();
        assert_eq!(paths(read(&dirs).unwrap()), ["/b"]);
    }
}
