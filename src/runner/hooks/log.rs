//! `hooks.jsonl`: what the hooks that only observe a session were started for, and how they ended.
use crate::model::{HookExit, HookRun};
use crate::redact::Redactor;
use crate::store::{beneath, crash};
use camino::Utf8PathBuf;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::sync::Arc;

/// A line of the file.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LogLine {
    pub(super) at: Timestamp,
    /// The number of the fact in the journal.
    pub(super) seq: u64,
    #[serde(flatten)]
    pub(super) run: HookRun,
    /// What it reads, in the line of its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) input: Option<Value>,
    /// How it ended, in the line of its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) exit: Option<HookExit>,
    /// Whether it began under an earlier runner, which did not see its end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) again: bool,
}

/// The file of a session, or of a branch.
#[derive(Clone, Debug)]
pub(super) struct HookLog {
    path: Utf8PathBuf,
    redactor: Arc<Redactor>,
}

impl HookLog {
    pub(super) fn new(path: Utf8PathBuf, redactor: Arc<Redactor>) -> Self {
        Self { path, redactor }
    }

    /// Creates the file if it is not there: it tells that the session has had hooks since.
    pub(super) fn create(&self) -> io::Result<()> {
        beneath::append(&self.path).map(drop)
    }

    /// Appends a line.
    pub(super) fn append(&self, line: &LogLine) -> io::Result<()> {
        let line = self.redactor.redact_value(serde_json::to_value(line)?);
        let mut text = line.kept.to_string();
        text.push('\n');
        crash::point("hooks: before a line");
        beneath::append(&self.path)?.write_all(text.as_bytes())?;
        crash::point("hooks: line written");
        Ok(())
    }

    /// Returns what the file says. What cannot be read, as a line that was cut off, is left out.
    pub(super) fn read(&self) -> io::Result<Logged> {
        let mut logged = Logged::default();
        let Some(file) = beneath::open_if_there(&self.path)? else {
            return Ok(logged);
        };
        logged.exists = true;
        let (mut reader, mut text) = (BufReader::new(file), Vec::new());
        let (mut open, mut is_torn) = (BTreeMap::new(), false);
        while 0 < reader.read_until(b'\n', &mut text)? {
            is_torn = !text.ends_with(b"\n");
            let line = serde_json::from_slice::<LogLine>(&text);
            text.clear();
            let Ok(line) = line else {
                continue;
            };
            let key = (line.seq, line.run.hook);
            if logged.last < line.seq {
                (logged.last, logged.begun) = (line.seq, BTreeSet::new());
            }
            if logged.last == line.seq {
                logged.begun.insert(line.run.hook);
            }
            if line.exit.is_some() {
                open.remove(&key);
            } else {
                open.insert(key, line);
            }
        }
        if is_torn {
            // The next line begins on one of its own.
            beneath::append(&self.path)?.write_all(b"\n")?;
        }
        logged.unfinished = open.into_values().collect();
        Ok(logged)
    }
}

/// What the file says.
#[derive(Debug, Default)]
pub(super) struct Logged {
    pub(super) exists: bool,
    /// The beginnings without an end, in order.
    pub(super) unfinished: Vec<LogLine>,
    /// The last fact that hooks were started for, and which.
    pub(super) last: u64,
    pub(super) begun: BTreeSet<u32>,
}

impl Logged {
    /// Whether a hook was started for a fact.
    pub(super) fn has_begun(&self, seq: u64, hook: u32) -> bool {
        seq < self.last || seq == self.last && self.begun.contains(&hook)
    }
}
