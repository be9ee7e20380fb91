//! The records of cycles: `log/health-<day>.jsonl`, one line per iteration that is over.
use crate::model::{ProjectId, RunId, SessionName};
use crate::store::beneath;
use crate::store::event_log::{DatedFile, Family, dated_files};
use crate::store::layout::{StateFile, UserDirs};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io::{self, BufRead as _, BufReader, Write as _};

/// The format of the lines.
pub(super) const HEALTH_VERSION: u32 = 1;

/// An iteration that is over, and how things stood then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct HealthRecord {
    /// The format.
    pub v: u32,
    pub at: Timestamp,
    pub project: ProjectId,
    pub session: SessionName,
    /// With `from` its key.
    pub run: RunId,
    /// The number of the journal's line that ended it.
    pub from: u64,
    pub iteration: u32,
    /// Whether its agent reported.
    pub succeeded: bool,
    /// The project's status, as the supervisor had it.
    pub phase: String,
    /// What was used of the window of five hours, from 0 to 1.
    pub five_hour: Option<f64>,
    /// What was used of the window of seven days.
    pub seven_day: Option<f64>,
    pub disk_free_gb: Option<f64>,
    pub cost_usd: f64,
    pub duration_s: Option<i64>,
    /// Resumes of the project after failures on that day.
    pub recoveries_today: u32,
}

/// Appends records, each once.
#[derive(Debug)]
pub(super) struct HealthLog {
    dirs: UserDirs,
    /// Those that may be there already.
    known: BTreeSet<(RunId, u64)>,
}

impl HealthLog {
    /// `again` says that the log of everything is made again, so that any record may be there already.
    pub(super) fn open(dirs: &UserDirs, again: bool) -> io::Result<Self> {
        let mut known = BTreeSet::new();
        let files = dated_files(&dirs.state_file(StateFile::Log), Family::Health)?;
        let looked_at = if again { files.len() } else { 2 };
        for file in files.iter().rev().take(looked_at) {
            read(dirs, *file, |record| {
                known.insert((record.run, record.from));
            })?;
        }
        let dirs = dirs.clone();
        Ok(Self { dirs, known })
    }

    pub(super) fn append(&mut self, records: &[HealthRecord], now: Timestamp) -> io::Result<()> {
        let is_new = |it: &&HealthRecord| !self.known.contains(&(it.run.clone(), it.from));
        let mut text = Vec::new();
        for record in records.iter().filter(is_new) {
            serde_json::to_writer(&mut text, record)?;
            text.push(b'\n');
        }
        if text.is_empty() {
            return Ok(());
        }
        let file = DatedFile {
            family: Family::Health,
            day: now.to_zoned(TimeZone::UTC).date(),
            number: 0,
        };
        let path = file.path(&self.dirs.state_file(StateFile::Log));
        beneath::append(&path)?.write_all(&text)
    }
}

fn read(dirs: &UserDirs, file: DatedFile, mut each: impl FnMut(HealthRecord)) -> io::Result<()> {
    let path = file.path(&dirs.state_file(StateFile::Log));
    let Some(file) = beneath::open_if_there(&path)? else {
        return Ok(());
    };
    let (mut reader, mut line) = (BufReader::new(file), Vec::new());
    loop {
        line.clear();
        if reader.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        // A line that was cut off by a crash is none.
        if let Ok(record) = serde_json::from_slice(&line) {
            each(record);
        }
    }
}

/// Returns the iterations that were over since a moment, in the order in which they were recorded.
pub fn cycles_since(dirs: &UserDirs, since: Timestamp) -> io::Result<Vec<HealthRecord>> {
    let first = since.to_zoned(TimeZone::UTC).date();
    let mut found = Vec::new();
    for file in dated_files(&dirs.state_file(StateFile::Log), Family::Health)? {
        // A file has what was recorded on its day, which may have happened before.
        if first <= file.day {
            read(dirs, file, |record| {
                if since <= record.at {
                    found.push(record);
                }
            })?;
        }
    }
    Ok(found)
}
