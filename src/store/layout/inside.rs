//! What agents leave in the run directory with commands of `ap`.
use super::project::RunDir;
use camino::Utf8PathBuf;

impl RunDir {
    /// The note that an agent left for those after it.
    pub fn checkpoint_note(&self) -> Utf8PathBuf {
        self.root().join("checkpoint.md")
    }
}
