//! How an agent ended, as the shim records it.
use crate::model::Exit;
use crate::store::layout::IterationDir;
use crate::store::{beneath, fault};
use camino::Utf8PathBuf;
use fs_err as fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;

/// `exit.json`. It is made empty before the agent is started, so that an attempt that has begun can be told from one that
/// has not, and filled with one write when the agent has ended, so that a reader finds nothing in it or everything.
#[derive(Debug)]
pub(super) struct ExitFile {
    file: fs::File,
    path: Utf8PathBuf,
}

impl ExitFile {
    pub(super) fn create(folder: &IterationDir) -> io::Result<Self> {
        let path = folder.exit();
        let file = beneath::create(&path)?;
        Ok(Self { file, path })
    }

    pub(super) fn fill(mut self, exit: &Exit) -> io::Result<()> {
        let text = serde_json::to_vec(exit)?;
        if !self.is_in_place() {
            // The folder was removed, or the agent moved the file away.
            self.file = beneath::create(&self.path)?;
        }
        fault::write_all(&self.file, &text)
    }

    fn is_in_place(&self) -> bool {
        let there = fs::symlink_metadata(&self.path);
        matches!((there, self.file.metadata()), (Ok(there), Ok(ours))
            if (there.dev(), there.ino()) == (ours.dev(), ours.ino()))
    }
}
