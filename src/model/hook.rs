//! Hooks: what you have run when something happens in a session.
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a hook runs at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HookEvent {
    /// A session begins.
    SessionStart,
    /// A session ends.
    SessionEnd,
    /// A node, or a parallel block, begins.
    NodeStart,
    /// A node, or a parallel block, is done.
    NodeEnd,
    /// The first attempt of an iteration is about to begin.
    IterationStart,
    /// An iteration is over.
    IterationEnd,
    /// The session asks you something.
    Question,
    /// The session begins to wait for something other than your answer.
    Wait,
}

impl HookEvent {
    /// Returns the word in YAML, in JSON and in `AP_EVENT`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SessionStart => "session_start",
            Self::SessionEnd => "session_end",
            Self::NodeStart => "node_start",
            Self::NodeEnd => "node_end",
            Self::IterationStart => "iteration_start",
            Self::IterationEnd => "iteration_end",
            Self::Question => "question",
            Self::Wait => "wait",
        }
    }

    /// Whether the session always waits for the hooks of this event.
    pub fn is_always_awaited(self) -> bool {
        matches!(self, Self::IterationStart | Self::IterationEnd)
    }

    /// Whether the event is of a session as a whole.
    pub fn is_of_session(self) -> bool {
        matches!(self, Self::SessionStart | Self::SessionEnd)
    }
}

impl fmt::Display for HookEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A moment at which hooks run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookMoment {
    pub event: HookEvent,
    /// The step.
    pub node: u32,
    /// The iteration, the question, or which step, wait or end of the session it is, from 1.
    pub number: u32,
}

/// One run of a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookRun {
    /// The hook's number in the plan.
    pub hook: u32,
    #[serde(flatten)]
    pub moment: HookMoment,
    /// Which try it is at this moment, from 1.
    #[serde(rename = "try")]
    pub tries: u32,
}

/// How the program of a hook ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookExit {
    /// None if it did not end by itself, or could not be started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<i32>,
    /// Why it failed, and the first line it printed about that.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

impl HookExit {
    /// Returns the end of a hook that was not to run to its end.
    pub fn cancelled(reason: impl Into<String>) -> Self {
        Self {
            code: None,
            reason: reason.into(),
        }
    }

    /// Whether it did what it was to do.
    pub fn succeeded(&self) -> bool {
        self.code == Some(0)
    }
}

impl fmt::Display for HookExit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code, self.reason.as_str()) {
            (Some(code), "") => write!(f, "exit code {code}"),
            (Some(code), reason) => write!(f, "exit code {code}: {reason}"),
            (None, reason) => f.write_str(reason),
        }
    }
}
