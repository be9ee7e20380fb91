//! What a project is doing, in one value.
use super::question::ProjectQuestion;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a project is doing. It is exactly one of these, and no flag beside it changes its meaning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "status")]
pub enum ProjectStatus {
    /// It waits for a slice.
    Due {
        /// Whether you asked for it: then it goes first.
        asked: bool,
    },
    /// A runner works on its session.
    Running {
        /// The generation of the slice; none if you started the runner.
        slice: Option<u64>,
        order: Order,
    },
    /// Its session has nothing to do before something happens.
    Waiting {
        reason: Wait,
        /// When it is due again; none while something else ends the wait.
        until: Option<Timestamp>,
    },
    /// A job runs without an agent.
    Detached { job: String, until: Timestamp },
    /// You paused it, or stopped its session.
    Paused {
        by: String,
        until: Option<Timestamp>,
    },
    /// It asks you something, and waits until you resume it.
    Blocked { question: ProjectQuestion },
    /// It reached its goal; so many tasks are open in its queues at least, once they were counted.
    Done { open: Option<u32> },
    /// Its directory or its session cannot be used; it is looked at again.
    Unfit { reason: String },
}

/// What a running slice is to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "order")]
pub enum Order {
    /// Continue.
    Work,
    /// End after the current iteration: others wait.
    Yield,
    /// End, because you paused the project: after the current iteration, or now.
    Pause {
        by: String,
        until: Option<Timestamp>,
        now: bool,
    },
}

/// What a project waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Wait {
    /// What its session waits for, in words.
    Session {
        reason: String,
        /// Whether it is an outage of its provider.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        outage: bool,
    },
    /// Your answer to its session.
    Question { text: String },
    /// The time before a resume after a failure; `attempt` counts from one.
    Recovery { attempt: u32, error: String },
    /// Free space on its file system.
    Disk { free: String },
}

impl ProjectStatus {
    /// Returns the word shown to you and in JSON.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Due { .. } => "due",
            Self::Running { .. } => "running",
            Self::Waiting { .. } => "waiting",
            Self::Detached { .. } => "detached",
            Self::Paused { .. } => "paused",
            Self::Blocked { .. } => "blocked",
            Self::Done { .. } => "done",
            Self::Unfit { .. } => "unfit",
        }
    }

    /// Returns the generation of the slice that runs.
    pub fn slice(&self) -> Option<u64> {
        match self {
            Self::Running { slice, .. } => *slice,
            _ => None,
        }
    }

    /// Returns when it changes by itself.
    pub fn until(&self) -> Option<Timestamp> {
        match self {
            Self::Waiting { until, .. } | Self::Paused { until, .. } => *until,
            Self::Detached { until, .. } => Some(*until),
            Self::Due { .. }
            | Self::Running { .. }
            | Self::Blocked { .. }
            | Self::Done { .. }
            | Self::Unfit { .. } => None,
        }
    }

    /// Returns what it waits for, in words; nothing where the status says it all.
    pub fn reason(&self) -> String {
        match self {
            Self::Due { asked: true } => "you asked for it".to_owned(),
            Self::Due { asked: false } => "waits for a free slice".to_owned(),
            Self::Running { slice: None, .. } => "started by you".to_owned(),
            Self::Running { order, .. } => order.to_string(),
            Self::Waiting { reason, .. } => reason.to_string(),
            Self::Detached { job, .. } => job.clone(),
            Self::Paused { by, .. } => format!("by {by}"),
            Self::Blocked { question } => question.text(),
            Self::Done { .. } => String::new(),
            Self::Unfit { reason } => reason.clone(),
        }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Work => "",
            Self::Yield => "yields after this iteration",
            Self::Pause { now: false, .. } => "pauses after this iteration",
            Self::Pause { now: true, .. } => "is being stopped",
        })
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session { reason, .. } => f.write_str(reason),
            Self::Question { text } => write!(f, "your answer: {text}"),
            Self::Recovery { attempt, error } => write!(f, "recovery {attempt} after: {error}"),
            Self::Disk { free } => write!(f, "disk space: {free} free"),
        }
    }
}
