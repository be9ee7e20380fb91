//! Records where each setting came from: flag, environment, pipeline, loop or default.
use serde::{Deserialize, Serialize};

/// A value of a plan, and who said it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// `model` for all nodes, `plan.model` for node `plan`.
    pub what: String,
    pub value: String,
    pub from: Voice,
}

/// From the strongest to the weakest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Voice {
    Flag,
    Environment,
    Pipeline,
    Loop,
    BuiltIn,
}

impl Voice {
    /// What people call it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Environment => "environment",
            Self::Pipeline => "pipeline",
            Self::Loop => "loop",
            Self::BuiltIn => "built in",
        }
    }
}
