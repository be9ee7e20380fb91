//! Which hooks run, and how they ended.
use crate::model::{HookExit, HookMoment, HookRun};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is known of the hooks that the session waits for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookState {
    /// The hook that runs, and whether its run began under an earlier runner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running: Option<(HookRun, bool)>,
    /// The last end of each, by its number.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ended: BTreeMap<u32, EndedHook>,
    /// How often the session has begun to wait for something other than an answer.
    #[serde(default)]
    pub waits: u32,
    /// How often it has ended.
    #[serde(default)]
    pub ends: u32,
}

/// The last end of a hook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedHook {
    pub moment: HookMoment,
    pub tries: u32,
    pub exit: HookExit,
    /// Whether you accepted its failure.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_accepted: bool,
}

impl EndedHook {
    /// Whether nothing more follows from it.
    pub fn is_settled(&self) -> bool {
        self.is_accepted || self.exit.succeeded()
    }
}
