//! At most one runner per session: a file lock that the kernel lets go of when its holder dies.
use super::{beneath, crash, fault};
use crate::model::{ProcessId, SessionName};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::sync::mpsc;
use std::time::Duration;

/// Keeps a file locked for as long as any copy of its descriptor is open, ours or one a child inherited.
#[derive(Debug)]
pub struct FileLock {
    _file: fd_lock::RwLock<fs::File>,
}

impl FileLock {
    /// Locks an open file, unless another process has it.
    pub fn try_exclusive(file: &fs::File) -> io::Result<Option<Self>> {
        let mut lock = fd_lock::RwLock::new(file.try_clone()?);
        match lock.try_write() {
            // The guard borrows the lock and unlocks when dropped; forgetting it keeps the file locked until it is closed.
            Ok(guard) => std::mem::forget(guard),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(error),
        }
        Ok(Some(Self { _file: lock }))
    }

    /// Locks an open file as soon as no other process has it.
    pub fn exclusive(file: &fs::File) -> io::Result<Self> {
        let mut lock = fd_lock::RwLock::new(file.try_clone()?);
        loop {
            match lock.write() {
                Ok(guard) => {
                    std::mem::forget(guard);
                    break;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self { _file: lock })
    }

    /// Locks an open file as soon as no other process has it, or returns nothing when the time is over. Waits in a thread,
    /// since the kernel knows no time limit but lets waiters in fairly.
    pub fn exclusive_within(file: &fs::File, limit: Duration) -> io::Result<Option<Self>> {
        if let Some(lock) = Self::try_exclusive(file)? {
            return Ok(Some(lock));
        }
        let (sender, receiver) = mpsc::channel();
        let file = file.try_clone()?;
        std::thread::Builder::new()
            .name("file lock".into())
            .spawn(move || {
                // When the time is over, dropping the lock lets the next one in.
                let _ = sender.send(Self::exclusive(&file));
            })?;
        receiver.recv_timeout(limit).ok().transpose()
    }

    /// Whether a living process holds the file. Found out by taking it for a moment.
    pub fn is_held(path: &Utf8Path) -> io::Result<bool> {
        match beneath::open_if_there(path)? {
            None => Ok(false),
            Some(file) => Ok(Self::try_exclusive(&file)?.is_none()),
        }
    }
}

/// `<session>.lock`: the runner of the session. For you and for `status`; the kernel's lock decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Holder {
    pub session: SessionName,
    pub pid: i32,
    pub started_at: Timestamp,
    pub process: ProcessId,
    /// Whether it is a command that needs the session for a moment, and no runner.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_brief: bool,
}

/// The lock of a session, removed when let go.
#[derive(Debug)]
pub struct SessionLock {
    path: Utf8PathBuf,
    file: fs::File,
    _lock: FileLock,
    /// Whether the file stays where it is.
    keep_file: bool,
}

impl SessionLock {
    /// Takes the session, unless a runner has it. The holder is what the file tells of it.
    pub fn try_acquire(path: &Utf8Path, holder: &impl Serialize) -> io::Result<Option<Self>> {
        loop {
            let file = beneath::open_or_create(path)?;
            crash::point("lock: opened");
            let Some(lock) = FileLock::try_exclusive(&file)? else {
                return Ok(None);
            };
            crash::point("lock: locked");
            // Between our open and our lock the holder may have let go and removed the file we hold.
            if !is_at(&file, path) {
                continue;
            }
            let text = serde_json::to_string_pretty(holder)?;
            file.set_len(0)?;
            fault::write_all(&file, format!("{text}\n").as_bytes())?;
            crash::point("lock: says who");
            return Ok(Some(Self {
                path: path.to_owned(),
                file,
                _lock: lock,
                keep_file: false,
            }));
        }
    }

    /// Leaves the file where it is when the lock is released: another runner uses it.
    pub(super) fn leave_file(&mut self) {
        self.keep_file = true;
    }

    pub(super) fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// Gives the lock's file its name again, if it has lost it. Returns whether it had. `second` is its other name.
    pub fn put_back(&mut self, second: Option<&Utf8Path>) -> io::Result<bool> {
        if is_at(&self.file, &self.path) {
            return Ok(false);
        }
        // Another process may look at this moment; it finds the journal held and removes its own file.
        if FileLock::is_held(&self.path).unwrap_or(false) {
            return Ok(false);
        }
        if let Some(folder) = self.path.parent() {
            beneath::create_dir_all(folder)?;
        }
        if let Some(second) = second.filter(|second| is_at(&self.file, second))
            && beneath::link(second, &self.path).is_ok()
        {
            return Ok(true);
        }
        let file = beneath::create(&self.path)?;
        let Some(lock) = FileLock::try_exclusive(&file)? else {
            return Ok(false);
        };
        let mut text = Vec::new();
        self.file.seek(SeekFrom::Start(0))?;
        self.file.read_to_end(&mut text)?;
        fault::write_all(&file, &text)?;
        (self.file, self._lock) = (file, lock);
        Ok(true)
    }

    /// Removes the file of a runner that is gone. Tells whether it did: a file that a living runner holds is left alone.
    pub fn remove_stale(path: &Utf8Path) -> io::Result<bool> {
        let file = match fs::OpenOptions::new().read(true).write(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            file => file?,
        };
        let Some(lock) = FileLock::try_exclusive(&file)? else {
            return Ok(false);
        };
        // Removed by the drop, under the lock and only if it is still the file we locked.
        let stale = is_at(&file, path);
        drop(Self {
            path: path.to_owned(),
            file,
            _lock: lock,
            keep_file: false,
        });
        Ok(stale)
    }

    /// Reads the holder of a session; `None` if there is none or the text cannot be read. Changes nothing.
    pub fn holder(path: &Utf8Path) -> Option<Holder> {
        serde_json::from_slice(&beneath::read(path).ok()?).ok()
    }
}

impl Drop for SessionLock {
    fn drop(&mut self) {
        // Still locked while it is removed, so another process sees either our lock or no file. If another process
        // deleted ours, what is there now is not ours to remove.
        crash::point("lock: before it is removed");
        if !self.keep_file && is_at(&self.file, &self.path) {
            let _ = fs::remove_file(&self.path);
        }
        crash::point("lock: removed");
    }
}

fn is_at(file: &fs::File, path: &Utf8Path) -> bool {
    match (file.metadata(), fs::metadata(path)) {
        (Ok(ours), Ok(there)) => (ours.dev(), ours.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use crate::exec::process;

    fn holder() -> Holder {
        let process = process::current();
        Holder {
            session: "auth".parse().unwrap(),
            pid: process.pid,
            started_at: clock::now(),
            process,
            is_brief: false,
        }
    }

    #[test]
    fn a_lock_is_taken_once_and_gone_when_let_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(folder.path().join("auth.lock")).unwrap();
        let lock = SessionLock::try_acquire(&path, &holder()).unwrap().unwrap();
        assert!(
            SessionLock::try_acquire(&path, &holder())
                .unwrap()
                .is_none()
        );
        assert_eq!(
            SessionLock::holder(&path).map(|holder| holder.pid),
            Some(process::current().pid)
        );
        drop(lock);
        assert!(!path.exists());
        assert!(
            SessionLock::try_acquire(&path, &holder())
                .unwrap()
                .is_some()
        );
    }

    #[test]
    fn concurrent_acquires_never_hold_the_lock_together() {
        use std::sync::atomic::{AtomicU32, Ordering};
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(folder.path().join("auth.lock")).unwrap();
        let (inside, taken) = (AtomicU32::new(0), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    while taken.load(Ordering::SeqCst) < 400 {
                        if let Some(lock) = SessionLock::try_acquire(&path, &holder()).unwrap() {
                            assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two hold it");
                            taken.fetch_add(1, Ordering::SeqCst);
                            inside.fetch_sub(1, Ordering::SeqCst);
                            drop(lock);
                        }
                    }
                });
            }
        });
    }

    #[test]
    fn a_stale_file_of_a_dead_holder_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(folder.path().join("auth.lock")).unwrap();
        crate::store::atomic::replace(&path, b"half a {").unwrap();
        assert!(
            SessionLock::try_acquire(&path, &holder())
                .unwrap()
                .is_some()
        );
    }

    #[test]
    fn only_an_unlocked_file_is_stale() {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(folder.path().join("auth.lock")).unwrap();
        let lock = SessionLock::try_acquire(&path, &holder()).unwrap().unwrap();
        assert!(FileLock::is_held(&path).unwrap());
        assert!(!SessionLock::remove_stale(&path).unwrap() && path.exists());
        drop(lock);
        assert!(!SessionLock::remove_stale(&path).unwrap(), "there is none");
        crate::store::atomic::replace(&path, b"half a {").unwrap();
        assert!(!FileLock::is_held(&path).unwrap());
        assert!(SessionLock::remove_stale(&path).unwrap() && !path.exists());
    }
}
