//! A line of the log of everything.
use super::event::LogEvent;
use crate::model::{ProjectId, RunId, SessionName};
use jiff::Timestamp;
use serde::Serialize;

/// The format of the lines.
pub const LOG_VERSION: u32 = 1;

/// A line of `log/events-<day>.jsonl`. Its key is `run` and `from`: each line of a journal is in the log once.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct LogLine {
    /// The format.
    pub v: u32,
    /// When it happened.
    pub at: Timestamp,
    /// Its number in the log.
    pub seq: u64,
    /// The version of `ap` that recorded it.
    pub version: String,
    /// The project; none for what concerns all of them.
    pub project: Option<ProjectId>,
    /// The session, for what its journal has.
    pub session: Option<SessionName>,
    /// The run of that session.
    pub run: Option<RunId>,
    /// Its number in the journal of the run, or of the supervisor; 0 for what is in none.
    pub from: u64,
    #[serde(flatten)]
    pub event: LogEvent,
}
