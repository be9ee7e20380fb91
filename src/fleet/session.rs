//! What the supervisor knows of a session.
use crate::model::{FailureClass, RunId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How far a session's journal has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The session's run; none before its start.
    pub run: Option<RunId>,
    /// The number of the journal's last line.
    pub seq: u64,
    /// Iterations that are over.
    pub iterations: u32,
    /// Those of them that succeeded.
    pub succeeded: u32,
}

/// A session at one moment, read from its journal and its lock.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionDigest {
    pub seen: Seen,
    /// The slice for which its last runner was started; none if you started it.
    pub slice: Option<u64>,
    /// Whether its runner lives.
    pub alive: bool,
    /// Whether its last runner recorded that it parks.
    pub parked: bool,
    pub activity: Activity,
}

/// What a session does, as its journal has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Activity {
    /// It was not started yet.
    #[default]
    New,
    Working,
    Waiting {
        reason: String,
        until: Timestamp,
        /// Whether it is an outage of its provider.
        outage: bool,
    },
    /// A job of its own runs without an agent.
    Detached {
        job: String,
        until: Timestamp,
    },
    /// You paused it.
    Paused,
    /// It asks you something; without an answer it continues at this time, if at all.
    Asking {
        text: String,
        until: Option<Timestamp>,
    },
    Ended(SessionEnd),
}

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionEnd {
    /// It reached its goal.
    Complete,
    Failed {
        class: Option<FailureClass>,
        error: String,
    },
    LimitReached {
        limit: String,
        /// What to do before a resume, or the command that raises the limit.
        hint: String,
    },
    /// You stopped it.
    Stopped { by: String },
    /// It was ended from outside, or by the supervisor.
    Interrupted { by: String },
}

impl Seen {
    /// Whether these lines came after others of the same journal. Another run has another journal.
    pub fn is_newer_than(&self, other: &Self) -> bool {
        self.run != other.run || other.seq < self.seq
    }
}
