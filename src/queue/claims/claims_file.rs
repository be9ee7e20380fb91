//! The claims on tasks, as their file holds them.
use crate::queue::owner::Owner;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What `<file>.json` holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::queue) struct Claims {
    pub(super) version: u32,
    /// By task id.
    pub(super) claims: BTreeMap<String, ClaimRecord>,
    /// How often an agent gave up each task.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) failures: BTreeMap<String, u32>,
    /// Why these tasks are parked until you open them again.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) parked: BTreeMap<String, String>,
    /// Titles of tasks that vanished from the file while an agent held them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) missing: BTreeMap<String, String>,
}

/// One claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::queue) struct ClaimRecord {
    pub(in crate::queue) owner: String,
    /// The task's title when it was claimed, which identifies it if its line is reworded meanwhile.
    pub(in crate::queue) title: String,
    pub(super) since: Timestamp,
    /// The task's position when it was claimed, to find it again; `None` for a tracker, whose ids never change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::queue) position: Option<LinePosition>,
}

/// Where a task is among the others of its file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::queue) struct LinePosition {
    pub(in crate::queue) nth: usize,
    /// The title of the task above it.
    pub(in crate::queue) after: Option<String>,
    /// The title of the task below it.
    pub(in crate::queue) before: Option<String>,
}

impl Default for Claims {
    fn default() -> Self {
        let (claims, failures) = (BTreeMap::new(), BTreeMap::new());
        Self {
            version: Self::VERSION,
            claims,
            failures,
            parked: BTreeMap::new(),
            missing: BTreeMap::new(),
        }
    }
}

impl Claims {
    pub(super) const VERSION: u32 = 1;

    pub(in crate::queue) fn of(&self, id: &str) -> Option<&ClaimRecord> {
        self.claims.get(id)
    }

    pub(in crate::queue) fn owner(&self, id: &str) -> Option<Owner> {
        self.of(id).map(|held| Owner::read(&held.owner))
    }

    /// Returns every claim.
    pub(in crate::queue) fn all(&self) -> impl Iterator<Item = (&String, &ClaimRecord)> {
        self.claims.iter()
    }

    /// Returns id and title of each task that vanished while an agent held it.
    pub(in crate::queue) fn missing(&self) -> &BTreeMap<String, String> {
        &self.missing
    }

    /// Returns the tasks an owner holds.
    pub(in crate::queue) fn held_by(&self, owner: &Owner) -> Vec<String> {
        self.claims
            .iter()
            .filter(|(_, held)| Owner::read(&held.owner) == *owner)
            .map(|(id, _)| id.clone())
            .collect()
    }

    /// Returns why a task is parked, if it is.
    pub(in crate::queue) fn parked(&self, id: &str) -> Option<&String> {
        self.parked.get(id)
    }
}
