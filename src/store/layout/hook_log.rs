//! Where the runs of hooks that only observe a session are recorded.
use super::project::RunDir;
use camino::Utf8PathBuf;

impl RunDir {
    /// What the hooks that only observe the session were started for, and how they ended.
    pub fn hooks(&self) -> Utf8PathBuf {
        self.root().join("hooks.jsonl")
    }
}
