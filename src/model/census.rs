//! What a queue holds, and what that means for the loop: one rule, the same for every provider.
use serde::{Deserialize, Serialize};

/// Everything there is to know about a session's tasks at one moment.
///
/// While something can be claimed a tracker may count only that and what is held: more is not needed for a verdict,
/// and asking for ten thousand tasks after every iteration would be slow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Census {
    /// All tasks of the session, closed ones included; containers, pinned ones and templates are not tasks.
    pub total: u32,
    pub closed: u32,
    /// Ids that may be claimed now, in the order to take them.
    pub ready: Vec<String>,
    /// Id and owner of each claimed task whose owner lives (or cannot be known to be dead).
    pub held: Vec<(String, String)>,
    /// Id and owner of each claimed task whose owner is an agent that is gone; an empty owner is nobody.
    pub stale: Vec<(String, String)>,
    /// Id and why, of each task that can neither be claimed nor is held.
    pub blocked: Vec<(String, String)>,
}

/// What the census means for the loop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Verdict {
    /// Every task is closed: the only success.
    Done { closed: u32 },
    /// Something can be claimed.
    Work {
        ready: u32,
        left: u32,
        /// The first ids to take, at most [`Verdict::NEXT`].
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
    /// Something is left that nobody can work on; each entry is `id why`, at most [`Verdict::NAMED`].
    Stalled {
        blocked: Vec<String>,
        /// How many there are.
        #[serde(default)]
        left: u32,
    },
    /// There never was a task: a wrong label, or none made yet. `next` says what to do about it.
    NoItems {
        looked_for: String,
        #[serde(default)]
        next: String,
    },
    /// Others keep it busy; the same question may be answered later.
    Busy { error: String },
    /// The queue did not answer. Never "empty".
    Unknown { error: String },
}

/// Where a session's tasks should have been.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sought {
    /// What was looked for, and where.
    pub what: String,
    /// What to do when there is nothing.
    pub next: String,
}

impl Verdict {
    /// How many tasks or owners are named; the rest is counted.
    pub const NAMED: usize = 20;
    /// How many of the tasks that come next are named.
    pub const NEXT: usize = 5;

    /// Returns how many tasks are not closed, where that was said.
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

impl Census {
    /// Returns what to do. `sought` is asked where the tasks should have been, if there are none.
    pub fn verdict(&self, sought: impl FnOnce() -> Sought) -> Verdict {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let left = self.total.saturating_sub(self.closed);
        if self.total == 0 {
            let Sought { what, next } = sought();
            Verdict::NoItems {
                looked_for: what,
                next,
            }
        } else if left == 0 {
            Verdict::Done {
                closed: self.closed,
            }
        } else if !self.ready.is_empty() {
            Verdict::Work {
                ready: count(self.ready.len()),
                left,
                next: self.ready.iter().take(Verdict::NEXT).cloned().collect(),
                held: count(self.held.len()),
                blocked: count(self.blocked.len()),
            }
        } else if !self.stale.is_empty() {
            Verdict::ReleaseStale {
                ids: self.stale.iter().map(|(id, _)| id.clone()).collect(),
            }
        } else if !self.held.is_empty() {
            Verdict::Wait {
                held: count(self.held.len()),
                by: self.holders(),
            }
        } else {
            let blocked = self
                .blocked
                .iter()
                .take(Verdict::NAMED)
                .map(|(id, why)| format!("{id} {why}"))
                .collect();
            Verdict::Stalled { blocked, left }
        }
    }

    fn holders(&self) -> Vec<String> {
        let mut by: Vec<String> = Vec::new();
        for (_, owner) in &self.held {
            if by.len() < Verdict::NAMED && !by.contains(owner) {
                by.push(owner.clone());
            }
        }
        by
    }
}
