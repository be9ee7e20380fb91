//! What a queue holds, and what that means for the loop: one rule, the same for every provider.
use serde::{Deserialize, Serialize};

/// Everything there is to know about a session's tasks at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Census {
    /// All tasks of the session, closed ones included; containers, pinned ones and templates are not tasks.
    pub total: u32,
    pub closed: u32,
    /// Ids that may be claimed now, in the order to take them.
    pub ready: Vec<String>,
    /// Id and owner of each claimed task whose owner lives (or cannot be known to be dead).
    pub held: Vec<(String, String)>,
    /// Id and owner of each claimed task whose owner is one of ours and dead.
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
    Work { ready: u32, left: u32 },
    /// Nothing can be claimed now, but others work on what is left.
    Wait { held: u32 },
    /// What is left is held by agents of ours that are gone.
    ReleaseStale { ids: Vec<String> },
    /// Something is left that nobody can work on; each entry is `id: why`.
    Stalled { blocked: Vec<String> },
    /// There never was a task: a wrong label, or none made yet.
    NoItems { looked_for: String },
    /// The queue did not answer. Never "empty".
    Unknown { error: String },
}

impl Census {
    /// Returns what to do. `looked_for` says where the tasks should have been.
    pub fn verdict(&self, looked_for: &str) -> Verdict {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let left = self.total.saturating_sub(self.closed);
        if self.total == 0 {
            Verdict::NoItems { looked_for: looked_for.to_owned() }
        } else if left == 0 {
            Verdict::Done { closed: self.closed }
        } else if !self.ready.is_empty() {
            Verdict::Work { ready: count(self.ready.len()), left }
        } else if !self.stale.is_empty() {
            Verdict::ReleaseStale { ids: self.stale.iter().map(|(id, _)| id.clone()).collect() }
        } else if !self.held.is_empty() {
            Verdict::Wait { held: count(self.held.len()) }
        } else {
            Verdict::Stalled { blocked: self.blocked.iter().map(|(id, why)| format!("{id}: {why}")).collect() }
        }
    }
}
