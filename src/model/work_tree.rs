//! What git shows of a project's files when an iteration is over.
use serde::{Deserialize, Serialize};

/// A project's working tree, as git shows it. It leaves out what agents and queues keep for themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkTree {
    /// The commit that is checked out; none before the first one, or if git did not answer.
    pub commit: Option<String>,
    /// Fingerprint of all that differs from it, empty if nothing does; none if git did not answer or was not asked.
    pub changes: Option<String>,
    /// How many files differ from it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<u32>,
    /// Fingerprint of the commits and changes of the repositories inside the project, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nested: Option<String>,
}

impl WorkTree {
    /// The folders that are no part of the work: ours, and those of queues, which are compared on their own.
    pub const EXCLUDED: [&str; 3] = [".claude", ".agent-pipelines", ".beads"];

    /// Whether files differ from the commit; none if git did not answer.
    pub fn is_dirty(&self) -> Option<bool> {
        self.changes.as_ref().map(|changes| !changes.is_empty())
    }

    /// Compares two snapshots. A snapshot git could not take equals nothing; two missing ones (no repository) are equal.
    pub fn same(before: Option<&Self>, after: Option<&Self>) -> bool {
        match (before, after) {
            (None, None) => true,
            (Some(before), Some(after)) => after.changes.is_some() && before == after,
            (None, Some(_)) | (Some(_), None) => false,
        }
    }
}
