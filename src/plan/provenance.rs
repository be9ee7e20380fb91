//! Records where each setting came from: flag, environment, pipeline, loop or default.
use serde::{Deserialize, Serialize};

/// A value of a plan and where it came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingOrigin {
    /// `model` for all nodes, `plan.model` for node `plan`.
    pub setting: String,
    pub value: String,
    pub source: SettingSource,
}

/// Where a setting came from, highest precedence first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettingSource {
    Flag,
    Environment,
    Project,
    Pipeline,
    Loop,
    BuiltIn,
}

impl SettingSource {
    /// Returns its name as shown to the user.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Environment => "environment",
            Self::Project => "project",
            Self::Pipeline => "pipeline",
            Self::Loop => "loop",
            Self::BuiltIn => "built in",
        }
    }
}
