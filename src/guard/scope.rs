//! What the guardrails need to know of the session and its project.
use super::rule::Rule;
use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// `guard:` in `config.yaml`: what agents may not do with their tools.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemas", schemars(rename = "GuardSettings"))]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Rules that are turned off.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub off: BTreeSet<Rule>,
    /// Commands that are forbidden: a program and words that follow it, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// Commands that take too long to be waited for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub long: Vec<String>,
}

/// A file or folder that agents may not change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protected {
    pub path: Utf8PathBuf,
    /// What it is, such as `a gate of this session`.
    pub what: String,
}

/// The session, its project and what the guardrails ask about files.
pub struct Scope<'a> {
    pub settings: &'a Settings,
    /// The folder the agent works in.
    pub project: &'a Utf8Path,
    /// Where the tool runs.
    pub cwd: &'a Utf8Path,
    pub home: Option<&'a Utf8Path>,
    /// Folders for temporary files.
    pub temp: &'a [Utf8PathBuf],
    /// The branch that is checked out.
    pub branch: Option<&'a str>,
    /// Names of the default branch.
    pub default_branches: &'a [String],
    pub protected: &'a [Protected],
    /// What the agent may write although a folder above is protected.
    pub writable: &'a [Utf8PathBuf],
    /// Task files, whose boxes may be ticked and whose words may not be changed.
    pub task_files: &'a [Utf8PathBuf],
    /// Returns a path with its links followed, as far as it exists.
    pub resolve: &'a dyn Fn(&Utf8Path) -> Utf8PathBuf,
    /// Returns the text of a file.
    pub read: &'a dyn Fn(&Utf8Path) -> Option<String>,
    /// Whether a text holds what is written as keys and tokens are.
    pub has_secret: &'a dyn Fn(&str) -> bool,
}
