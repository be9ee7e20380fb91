//! How far the journals are in the log of everything: `log/cursors.json`, and what is remembered of their last lines.
use super::event::LogEvent;
use crate::model::{ProjectId, RunId, SessionName};
use crate::store::event_log::LogEnd;
use crate::store::journal::{Position, SegmentPosition};
use crate::store::layout::{StateFile, UserDirs};
use crate::store::{atomic, beneath};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;

/// The format this program reads and writes; another one is made again.
const VERSION: u32 = 1;

/// The content of `cursors.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Cursors {
    v: u32,
    /// The end of the log that these cursors are of.
    pub(super) end: LogEnd,
    /// The number of its last line.
    pub(super) seq: u64,
    pub(super) supervisor: SegmentPosition,
    /// The version of the supervisor that recorded its last fact.
    pub(super) version: String,
    pub(super) runs: BTreeMap<RunId, RunCursor>,
    pub(super) projects: BTreeMap<ProjectId, ProjectCursor>,
    /// When the last message that is in the log was delivered or given up.
    #[serde(default)]
    pub(super) messages: Option<Timestamp>,
}

/// How far the journal of a run is in the log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct RunCursor {
    pub(super) position: Position,
    /// The version of the runner that recorded its last fact.
    pub(super) version: String,
    /// When its current iteration began.
    pub(super) began: Option<Timestamp>,
}

/// What is remembered of a project.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct ProjectCursor {
    /// The run of its session that was read last.
    pub(super) run: Option<(SessionName, RunId)>,
    /// Its status, as the supervisor recorded it last.
    pub(super) status: String,
    /// Recoveries on a day.
    pub(super) recoveries: Option<(Date, u32)>,
}

impl ProjectCursor {
    /// Remembers what an event says of the project.
    pub(super) fn note(&mut self, event: &LogEvent, at: Timestamp) {
        let LogEvent::StatusChanged {
            status, recovery, ..
        } = event
        else {
            return;
        };
        (*status).clone_into(&mut self.status);
        if recovery.is_some() {
            let count = self.recoveries_on(at);
            self.recoveries = Some((day(at), count + 1));
        }
    }

    /// Returns how often it was resumed after a failure on the day of a moment.
    pub(super) fn recoveries_on(&self, at: Timestamp) -> u32 {
        let of_day = self.recoveries.filter(|(of, _)| *of == day(at));
        of_day.map_or(0, |(_, count)| count)
    }
}

fn day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::system()).date()
}

impl Cursors {
    /// Returns cursors before the first line of everything.
    pub(super) fn new() -> Self {
        Self {
            v: VERSION,
            ..Self::default()
        }
    }

    /// Reads the cursors. Without a file that can be read they are before everything.
    pub(super) fn read(dirs: &UserDirs) -> Self {
        let text = beneath::read(&dirs.state_file(StateFile::EventsCursors));
        let read = text
            .ok()
            .and_then(|text| serde_json::from_slice::<Self>(&text).ok());
        read.filter(|it| it.v == VERSION).unwrap_or_default()
    }

    pub(super) fn write(&self, dirs: &UserDirs) -> io::Result<()> {
        let text = serde_json::to_vec(self)?;
        atomic::replace(&dirs.state_file(StateFile::EventsCursors), &text)
    }
}
