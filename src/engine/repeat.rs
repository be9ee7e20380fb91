//! A failure that repeats itself.
use crate::model::FailureClass;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The failures of a node that repeat themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeats {
    /// Of attempts and iterations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Repeat>,
    /// By the gate's name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub gates: BTreeMap<String, Repeat>,
}

/// A failure that has happened so many times in a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeat {
    /// The class of the attempt; none for an error that an agent reports, and for a gate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<FailureClass>,
    /// The first line of its message.
    pub reason: String,
    pub times: u32,
}

impl Repeats {
    /// Returns the failure that has repeated itself most often.
    pub fn worst(&self) -> Option<&Repeat> {
        let repeats = self.failure.iter().chain(self.gates.values());
        repeats.max_by_key(|repeat| repeat.times)
    }
}

impl Repeat {
    /// Returns the failure after this one: it counts on if it is the same.
    pub(super) fn after(before: Option<Self>, class: Option<FailureClass>, reason: String) -> Self {
        let is_same = |before: &Self| before.class == class && before.reason == reason;
        let times = before.filter(is_same).map_or(0, |before| before.times);
        Self {
            class,
            reason,
            times: times.saturating_add(1),
        }
    }
}
