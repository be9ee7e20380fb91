//! What every line of the log has, and what selects lines.
use jiff::Timestamp;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The fields by which lines are selected.
#[derive(Debug, Deserialize)]
pub struct Head<'a> {
    pub at: Timestamp,
    #[serde(default, borrow)]
    pub project: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub kind: Cow<'a, str>,
    /// The run whose journal the line is of; none for the supervisor's.
    #[serde(default, borrow)]
    pub run: Option<Cow<'a, str>>,
    /// The line's number in that journal; 0 for what is in none.
    #[serde(default)]
    pub from: u64,
    /// The line's number in the log.
    #[serde(default)]
    pub seq: u64,
}

impl<'a> Head<'a> {
    /// Reads a line, if it is one.
    pub fn read(line: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(line).ok()
    }
}

/// Which lines are wanted. An empty set wants all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub projects: BTreeSet<String>,
    pub kinds: BTreeSet<String>,
    pub since: Option<Timestamp>,
}

impl Filter {
    /// Whether a line is wanted.
    pub fn wants(&self, head: &Head<'_>) -> bool {
        let project = head.project.as_deref().unwrap_or_default();
        (self.projects.is_empty() || self.projects.contains(project))
            && (self.kinds.is_empty() || self.kinds.contains(head.kind.as_ref()))
            && self.since.is_none_or(|since| since <= head.at)
    }
}
