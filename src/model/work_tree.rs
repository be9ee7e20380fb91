//! What can be seen of a project's files when an iteration is over.
use serde::{Deserialize, Serialize};

/// A project's working tree, as git shows it. What agents keep for themselves and the queue's own files are no part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkTree {
    /// The commit that is checked out; nothing before the first one, or when git did not say.
    pub commit: Option<String>,
    /// Fingerprint of all that differs from it, empty if nothing does; nothing when git did not say.
    pub changes: Option<String>,
}

impl WorkTree {
    /// The folders that say nothing about the work: ours, and the queue's, which is looked at by itself.
    pub const APART: [&str; 3] = [".claude", ".agent-pipelines", ".beads"];

    /// Whether git said that files differ from the commit; nothing if it did not say.
    pub fn is_dirty(&self) -> Option<bool> {
        self.changes.as_ref().map(|changes| !changes.is_empty())
    }

    /// Whether two looks show the same. What nobody could see may have changed; outside git there is nothing to see.
    pub fn same(before: Option<&Self>, after: Option<&Self>) -> bool {
        match (before, after) {
            (None, None) => true,
            (Some(before), Some(after)) => after.changes.is_some() && before == after,
            (None, Some(_)) | (Some(_), None) => false,
        }
    }
}
