//! How an agent ended, as the shim records it.
use crate::model::Exit;
use crate::store::layout::IterationDir;
use fs_err as fs;
use std::io::{self, Write as _};

/// `exit.json`. It is made empty before the agent is started, so that an attempt that has begun can be distinguished from one that
/// has not, and filled with one write when the agent has ended, so that a reader finds nothing in it or everything.
#[derive(Debug)]
pub(super) struct ExitFile(fs::File);

impl ExitFile {
    pub(super) fn create(folder: &IterationDir) -> io::Result<Self> {
        fs::File::create(folder.exit()).map(Self)
    }

    pub(super) fn fill(mut self, exit: &Exit) -> io::Result<()> {
        self.0.write_all(&serde_json::to_vec(exit)?)
    }
}
