//! What guardrails there are.
use serde::{Deserialize, Serialize};

/// A guardrail that can be turned off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemas", schemars(rename = "GuardRule"))]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// Nothing reads keys and credentials.
    Secrets,
    /// Nothing destroys what cannot be restored.
    Destruction,
    /// Nothing changes what decides about the work.
    Judge,
    /// Nothing writes keys and credentials into files.
    Content,
    /// Nothing runs what you name as too long.
    Long,
    /// Nothing runs what you forbid.
    Own,
}

impl Rule {
    /// Every rule, in the order in which they are documented.
    pub const ALL: [Self; 6] = [
        Self::Secrets,
        Self::Destruction,
        Self::Judge,
        Self::Content,
        Self::Long,
        Self::Own,
    ];

    /// Returns the name of the rule in definitions.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Secrets => "secrets",
            Self::Destruction => "destruction",
            Self::Judge => "judge",
            Self::Content => "content",
            Self::Long => "long",
            Self::Own => "own",
        }
    }
}

/// Why a tool may not run, and what to do instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub rule: Rule,
    pub reason: String,
}

impl Block {
    pub(super) fn new(rule: Rule, what: impl AsRef<str>, instead: &str) -> Self {
        let what = what.as_ref();
        Self {
            rule,
            reason: format!("{what}: {instead}"),
        }
    }
}
