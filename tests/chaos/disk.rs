//! A small disk of a session's own: a tmpfs in a mount namespace of the test's. It needs root.
use camino::{Utf8Path, Utf8PathBuf};
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use std::io::Write as _;
use tempfile::TempDir;

/// Its size. Agents print some megabytes each.
const SIZE: &str = "size=48m";
const NONE: Option<&str> = None;

/// A mounted tmpfs, unmounted when dropped.
pub(crate) struct SmallDisk(TempDir);

/// Moves this thread and all it starts into a mount namespace of their own. Returns whether that is allowed.
pub(crate) fn enter_namespace() -> bool {
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    unshare(CloneFlags::CLONE_NEWNS).is_ok() && mount(NONE, "/", NONE, private, NONE).is_ok()
}

impl SmallDisk {
    /// Mounts it.
    pub(crate) fn mount() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("ap disk ")
            .tempdir()
            .unwrap();
        let tmpfs = Some("tmpfs");
        mount(tmpfs, folder.path(), tmpfs, MsFlags::empty(), Some(SIZE)).unwrap();
        Self(folder)
    }

    pub(crate) fn folder(&self) -> &Utf8Path {
        Utf8Path::from_path(self.0.path()).unwrap()
    }

    fn ballast(&self) -> Utf8PathBuf {
        self.folder().join("ballast")
    }

    /// Writes until nothing more fits.
    pub(crate) fn fill(&self) {
        let mut file = fs_err::File::create(self.ballast()).unwrap();
        for size in [1 << 20, 4096, 1] {
            let block = vec![0; size];
            while file.write_all(&block).is_ok() {}
        }
    }

    /// Makes room again.
    pub(crate) fn empty(&self) {
        fs_err::remove_file(self.ballast()).unwrap();
    }

    /// Mounts itself over itself, read-only: what is opened from now on cannot be written to.
    pub(crate) fn make_read_only(&self) {
        let path = self.0.path();
        let read_only = MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY;
        mount(Some(path), path, NONE, MsFlags::MS_BIND, NONE).unwrap();
        mount(NONE, path, NONE, read_only, NONE).unwrap();
    }

    /// Takes the read-only mount away.
    pub(crate) fn make_writable(&self) {
        umount2(self.0.path(), MntFlags::MNT_DETACH).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = umount2(self.0.path(), MntFlags::MNT_DETACH);
    }
}
