//! What became of the processes of an attempt.
use super::hang_kind::HangKind;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How an agent's processes are kept together, so that none outlives it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Containment {
    /// By process group, ancestry and a mark in the environment.
    #[default]
    Groups,
    /// By the kernel, in a PID namespace of the agent's own.
    Namespace,
}

impl fmt::Display for Containment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Groups => "groups and marks",
            Self::Namespace => "a PID namespace",
        })
    }
}

/// How you want agents to be contained: `contain:` in `config.yaml`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Contain {
    /// In a PID namespace as root where that works, else by groups and marks.
    #[default]
    Auto,
    /// By groups and marks.
    Groups,
    /// In a PID namespace where that works, as an ordinary user too: there sudo and its like have no effect.
    Namespace,
}

impl Contain {
    /// Whether a namespace is wanted, if it works.
    pub fn wants_namespace(self, is_root: bool) -> bool {
        match self {
            Self::Auto => is_root,
            Self::Groups => false,
            Self::Namespace => true,
        }
    }
}

impl FromStr for Contain {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        match word {
            "auto" => Ok(Self::Auto),
            "groups" => Ok(Self::Groups),
            "namespace" => Ok(Self::Namespace),
            _ => Err(()),
        }
    }
}

/// What is left of an attempt after its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// No process.
    Empty,
    /// A process that does not end, stuck in the kernel.
    Left,
    /// Not looked at: the attempt has no end on record.
    #[default]
    Unknown,
}

/// A tool whose processes were ended because it ran for too long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedTool {
    /// Its command or file.
    pub command: String,
    pub ran_s: u64,
}

impl fmt::Display for EndedTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ran = crate::text::exact_duration(self.ran_s);
        write!(f, "ended `{}`, which ran for {ran}", self.command)
    }
}

/// What became of the processes of an attempt, for the journal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Processes {
    pub containment: Containment,
    /// Processes the agent left behind, which were ended.
    pub swept: u32,
    pub scope: Scope,
    /// How the agent hung, if it had to be ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hang: Option<HangKind>,
    /// Tools that were ended before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ended_tools: Vec<EndedTool>,
}
