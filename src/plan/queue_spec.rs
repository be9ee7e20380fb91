//! Where a node's tasks come from.
use crate::model::SessionName;
use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A node's tasks, frozen in the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueSpec {
    #[serde(flatten)]
    pub source: QueueSource,
    /// Who claims a task for an iteration. Stored beside the source's keys.
    #[serde(default)]
    pub claim: ClaimBy,
    /// Seconds to wait for tasks that others hold before the session ends.
    pub max_wait_s: u64,
    /// Failed attempts after which a task is parked.
    #[serde(default = "max_attempts")]
    pub max_attempts: u32,
    /// Seconds one call of the tracker's program may take.
    #[serde(default = "timeout_s")]
    pub timeout_s: u64,
    /// Whether a queue without any task, open or closed, is done; by default that is an error.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub empty_is_done: bool,
    /// Backlog: the character in the box of a task that is not to be done, such as `-`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped: Option<char>,
}

/// Where tasks come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "provider")]
pub enum QueueSource {
    /// A Markdown checklist: `- [ ] task`.
    Backlog { path: Utf8PathBuf },
    /// `prd.json` user stories.
    Prd { path: Utf8PathBuf },
    /// Issues in beads, through `bd` or a program compatible with it.
    Beads {
        program: String,
        /// The folder of the database; `bd` finds it by default.
        database: Option<Utf8PathBuf>,
        /// Only issues with this label; all of them without one.
        label: Option<String>,
    },
    /// Any tracker, through commands that speak JSON.
    Command(Box<TrackerCommands>),
}

/// The commands of a tracker: programs with their arguments, never a shell. What they read and print: `queue::command`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackerCommands {
    /// The label of the tasks, passed to the commands.
    pub label: Option<String>,
    /// Where the tracker stores its tasks, absolute or below `~`; sessions with the same path take turns.
    #[serde(default)]
    pub database: Option<Utf8PathBuf>,
    pub list: Vec<String>,
    /// Stored as `claim_with`, because `claim` names who claims a task.
    #[serde(rename = "claim_with")]
    pub claim: Vec<String>,
    pub release: Vec<String>,
    pub close: Vec<String>,
    /// Marks a task as blocked; without it parked tasks are only remembered beside the project.
    pub park: Vec<String>,
}

/// Who claims a task for an iteration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ClaimBy {
    /// The agent chooses, with `ap queue claim`.
    #[default]
    Agent,
    /// The engine, before the agent starts; it is handed the task.
    Engine,
}

impl ClaimBy {
    /// Returns the name in definitions and plans.
    pub fn name(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Engine => "engine",
        }
    }
}

impl FromStr for ClaimBy {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        let all = [Self::Agent, Self::Engine];
        all.into_iter().find(|by| by.name() == word).ok_or(())
    }
}

/// Where the default queue's tasks are looked for, relative to the project.
pub const BACKLOGS: [&str; 6] = [
    "backlog.md",
    "BACKLOG.md",
    "docs/backlog.md",
    "prd.json",
    ".agent-pipelines/backlog.md",
    ".cc-autopipe/backlog.md",
];
/// How long to wait for tasks that others hold.
const MAX_WAIT_S: u64 = 600;

/// Default of `max_attempts`: one task must not use up a night, and one failure may be a coincidence.
const fn max_attempts() -> u32 {
    3
}

/// Default of `timeout_s`: longer than any healthy call, including one that starts the database of `bd`.
const fn timeout_s() -> u64 {
    60
}

/// Returns the label a session's tasks have in a tracker.
pub fn session_label(session: &SessionName) -> String {
    format!("pipeline/{session}")
}

/// Returns why a label is invalid, if it is.
pub fn bad_label(label: &str) -> Option<&'static str> {
    if label.contains(',') {
        return Some("beads takes a comma for the end of a label, so it would look for two");
    }
    let plain = !label.trim().is_empty()
        && label.trim() == label
        && !label.starts_with('-')
        && !label.contains(char::is_control);
    (!plain).then_some("a label is one line of text that begins with neither a space nor a `-`")
}

impl QueueSource {
    /// Returns a file of tasks, whose kind its extension decides.
    pub fn file(path: Utf8PathBuf) -> Self {
        if path
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
        {
            Self::Prd { path }
        } else {
            Self::Backlog { path }
        }
    }

    /// Returns the beads that `bd` finds from the project.
    pub fn beads(label: Option<String>) -> Self {
        Self::Beads {
            program: "bd".to_owned(),
            database: None,
            label,
        }
    }

    /// Returns the file the tasks are in, if it is one.
    pub fn path(&self) -> Option<&Utf8Path> {
        match self {
            Self::Backlog { path } | Self::Prd { path } => Some(path),
            Self::Beads { .. } | Self::Command(_) => None,
        }
    }

    /// Returns the label of its tasks.
    pub fn label(&self) -> Option<&str> {
        match self {
            Self::Beads { label, .. } => label.as_deref(),
            Self::Command(commands) => commands.label.as_deref(),
            Self::Backlog { .. } | Self::Prd { .. } => None,
        }
    }

    /// Returns its name as shown to the user: a path, relative in the project `root`, or a program and a label.
    pub fn name_in(&self, root: &Utf8Path) -> String {
        let relative = self.path().and_then(|path| path.strip_prefix(root).ok());
        relative.map_or_else(|| self.name(), Utf8Path::to_string)
    }

    /// Returns its name with an absolute path, or a program and a label.
    pub fn name(&self) -> String {
        let label = self
            .label()
            .map_or_else(String::new, |label| format!(", label {label}"));
        match self {
            Self::Backlog { path } | Self::Prd { path } => path.to_string(),
            Self::Beads { program, .. } => format!("{program}{label}"),
            Self::Command(commands) => format!(
                "{}{label}",
                commands.list.first().map_or("command", String::as_str)
            ),
        }
    }
}

impl QueueSpec {
    /// Returns a queue with default settings.
    pub fn new(source: QueueSource) -> Self {
        Self {
            source,
            claim: ClaimBy::default(),
            max_wait_s: MAX_WAIT_S,
            max_attempts: max_attempts(),
            timeout_s: timeout_s(),
            empty_is_done: false,
            dropped: None,
        }
    }
}
