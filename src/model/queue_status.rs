//! What a queue holds, and what that means for the loop: one rule for all providers.
use serde::{Deserialize, Serialize};

/// A session's tasks at one moment.
///
/// While a task can be claimed, a tracker may count only those and the held ones: the status needs no more, and listing
/// ten thousand tasks after every iteration would be slow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct QueueCounts {
    /// All tasks of the session, closed ones included; containers, pinned ones and templates are not tasks.
    pub total: u32,
    pub closed: u32,
    /// Ids that may be claimed now, in the order of the queue.
    pub ready: Vec<String>,
    /// Id and owner of each claimed task whose owner lives (or cannot be known to be dead).
    pub held: Vec<(String, String)>,
    /// Id and owner of each claimed task whose owner is an agent that is gone; the owner is empty if it is unknown.
    pub stale: Vec<(String, String)>,
    /// Id and why, of each task that can neither be claimed nor is held.
    pub blocked: Vec<(String, String)>,
}

/// What the counts mean for the loop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum QueueStatus {
    /// Every task is closed: the only success.
    Done { closed: u32 },
    /// A task can be claimed.
    Work {
        ready: u32,
        left: u32,
        /// The ids that come next, at most [`QueueStatus::NEXT`].
        #[serde(default)]
        next: Vec<String>,
        #[serde(default)]
        held: u32,
        /// As far as they were looked at.
        #[serde(default)]
        blocked: u32,
    },
    /// Nothing can be claimed now, but others work on what is left; `by` names the first of them.
    Wait {
        held: u32,
        #[serde(default)]
        by: Vec<String>,
    },
    /// What is left is held by agents that are gone.
    ReleaseStale { ids: Vec<String> },
    /// What is left can be neither claimed nor waited for; each entry is `id why`, at most [`QueueStatus::NAMED`].
    Stalled {
        blocked: Vec<String>,
        /// The number of tasks left.
        #[serde(default)]
        left: u32,
    },
    /// The queue has never had a task: a wrong label, or none made yet. `next` is the hint for the user.
    NoItems {
        looked_for: String,
        #[serde(default)]
        next: String,
    },
    /// The queue is locked or overloaded; the same question may be answered later.
    Busy { error: String },
    /// The queue did not answer. Never "empty".
    Unknown { error: String },
}

/// Where a session's tasks were searched for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Searched {
    /// What was searched for, and where.
    pub what: String,
    /// The hint for the user if nothing was found.
    pub next: String,
}

impl QueueStatus {
    /// How many tasks or owners are named; the rest is counted.
    pub const NAMED: usize = 20;
    /// How many of the tasks that come next are named.
    pub const NEXT: usize = 5;

    /// Returns the number of open tasks, if it is known.
    pub fn left(&self) -> Option<u32> {
        match self {
            Self::Done { .. } => Some(0),
            Self::Work { left, .. } | Self::Stalled { left, .. } => Some(*left),
            Self::Wait { .. }
            | Self::ReleaseStale { .. }
            | Self::NoItems { .. }
            | Self::Busy { .. }
            | Self::Unknown { .. } => None,
        }
    }
}

impl QueueCounts {
    /// Returns what the counts mean. `searched` is called only if there are no tasks.
    pub fn status(&self, searched: impl FnOnce() -> Searched) -> QueueStatus {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let left = self.total.saturating_sub(self.closed);
        if self.total == 0 {
            let Searched { what, next } = searched();
            QueueStatus::NoItems {
                looked_for: what,
                next,
            }
        } else if left == 0 {
            QueueStatus::Done {
                closed: self.closed,
            }
        } else if !self.ready.is_empty() {
            QueueStatus::Work {
                ready: count(self.ready.len()),
                left,
                next: self.ready.iter().take(QueueStatus::NEXT).cloned().collect(),
                held: count(self.held.len()),
                blocked: count(self.blocked.len()),
            }
        } else if !self.stale.is_empty() {
            QueueStatus::ReleaseStale {
                ids: self.stale.iter().map(|(id, _)| id.clone()).collect(),
            }
        } else if !self.held.is_empty() {
            QueueStatus::Wait {
                held: count(self.held.len()),
                by: self.holders(),
            }
        } else {
            let blocked = self
                .blocked
                .iter()
                .take(QueueStatus::NAMED)
                .map(|(id, why)| format!("{id} {why}"))
                .collect();
            QueueStatus::Stalled { blocked, left }
        }
    }

    fn holders(&self) -> Vec<String> {
        let mut by: Vec<String> = Vec::new();
        for (_, owner) in &self.held {
            if by.len() < QueueStatus::NAMED && !by.contains(owner) {
                by.push(owner.clone());
            }
        }
        by
    }
}
