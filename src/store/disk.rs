//! Waits for the disk, in whatever thread.
use super::{crash, fault};
use fs_err as fs;
use std::fmt;
use std::io;
use std::sync::Arc;

/// Puts what was written to a file on disk.
pub trait Disk: fmt::Debug + Send + Sync {
    fn sync(&self, file: &fs::File) -> io::Result<()> {
        file.sync_data()
    }
}

/// The disk of the file.
#[derive(Debug)]
pub(crate) struct RealDisk;

impl Disk for RealDisk {}

/// The appended lines that are not synced yet. They can be synced in any thread.
#[derive(Debug)]
pub(crate) struct Unsynced {
    file: Arc<fs::File>,
    disk: Arc<dyn Disk>,
}

impl Unsynced {
    pub(crate) fn new(file: Arc<fs::File>, disk: Arc<dyn Disk>) -> Self {
        Self { file, disk }
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        crash::point("journal: before syncing");
        fault::step()?;
        self.disk.sync(&self.file)?;
        crash::point("journal: synced");
        Ok(())
    }
}
