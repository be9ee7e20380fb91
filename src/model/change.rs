//! What the user may change on resume: how agents are called, and the limits. The rest of the plan is frozen.
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Changes given with `--resume`; `None` keeps the setting.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Change {
    pub model: Option<String>,
    pub permissions: Option<PermissionMode>,
    pub keep_env: Option<bool>,
    /// US dollars over the whole session; 0 is no limit.
    pub max_cost_usd: Option<f64>,
    /// Input, output and cache writes, over the whole session; 0 is no limit.
    pub max_tokens: Option<u64>,
    /// Over the whole session; 0 is no limit.
    pub max_runtime_seconds: Option<u64>,
}

impl Change {
    /// Returns this change on top of an earlier one.
    #[must_use]
    pub fn over(self, earlier: Self) -> Self {
        Self {
            model: self.model.or(earlier.model),
            permissions: self.permissions.or(earlier.permissions),
            keep_env: self.keep_env.or(earlier.keep_env),
            max_cost_usd: self.max_cost_usd.or(earlier.max_cost_usd),
            max_tokens: self.max_tokens.or(earlier.max_tokens),
            max_runtime_seconds: self.max_runtime_seconds.or(earlier.max_runtime_seconds),
        }
    }
}

/// Claude Code's `--permission-mode`; `bypassPermissions` is the default, as in the seed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum PermissionMode {
    #[default]
    BypassPermissions,
    AcceptEdits,
    // Ours: what the agent's own rules do not allow is asked of you.
    Ask,
    Auto,
    Default,
    DontAsk,
    Plan,
}

impl PermissionMode {
    /// Returns the name definitions use.
    pub fn name(self) -> &'static str {
        match self {
            Self::BypassPermissions => "bypassPermissions",
            Self::AcceptEdits => "acceptEdits",
            Self::Ask => "ask",
            Self::Auto => "auto",
            Self::Default => "default",
            Self::DontAsk => "dontAsk",
            Self::Plan => "plan",
        }
    }
}

impl FromStr for PermissionMode {
    type Err = ();

    /// Accepts any way to join the words: `acceptEdits`, `accept-edits`.
    fn from_str(word: &str) -> Result<Self, ()> {
        match word.to_lowercase().replace(['-', '_'], "").as_str() {
            "bypasspermissions" => Ok(Self::BypassPermissions),
            "acceptedits" => Ok(Self::AcceptEdits),
            "ask" => Ok(Self::Ask),
            "auto" => Ok(Self::Auto),
            "default" => Ok(Self::Default),
            "dontask" => Ok(Self::DontAsk),
            "plan" => Ok(Self::Plan),
            _ => Err(()),
        }
    }
}
