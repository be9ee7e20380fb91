//! Files that others changed, removed or put in the way of a session.
use super::cursor::Cursor;
use crate::text::count;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A file that was not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TouchedFile {
    /// Relative to the run directory, if it is there.
    pub path: String,
    #[serde(flatten)]
    pub touch: Touch,
}

/// What was found, and what was done about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "how")]
pub enum Touch {
    /// It was gone, and was put back.
    Restored,
    /// It was in the way, and was set aside.
    SetAside { kept: String },
    /// Its content is another.
    Changed,
    /// It is gone, and is not ours to put back.
    Removed,
}

impl Touch {
    /// Whether a file was changed that no agent has to change.
    pub fn is_tampering(&self) -> bool {
        matches!(self, Self::Changed | Self::Removed)
    }
}

impl fmt::Display for TouchedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match &self.touch {
            Touch::Restored => write!(f, "{path} was removed and put back"),
            Touch::SetAside { kept } => write!(f, "{path} was in the way and is now {kept}"),
            Touch::Changed => write!(f, "{path} was changed"),
            Touch::Removed => write!(f, "{path} was removed"),
        }
    }
}

/// That, and how often, a session's files were touched by others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Touched {
    pub times: u32,
    /// What was found last, in words.
    pub last: String,
    pub at: Option<Timestamp>,
    /// The attempt that ran then.
    pub by: Option<Cursor>,
}

impl fmt::Display for Touched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = self.by.map_or_else(String::new, |by| {
            format!(" while iteration {} ran", by.iteration)
        });
        write!(f, "{}, last{by}: {}", count(self.times, "time"), self.last)
    }
}

/// Returns what is said of several touched files.
pub fn summary(files: &[TouchedFile]) -> String {
    match files {
        [] => String::new(),
        [one] => one.to_string(),
        [first, rest @ ..] => format!("{first}; and {}", count(rest.len(), "more file")),
    }
}

/// Returns what is said of a repaired journal.
pub fn repaired(bytes: u64, restored: u64) -> String {
    let moved = format!(
        "{} of others moved to events.found.jsonl",
        count(bytes, "byte")
    );
    let back = format!("{} restored", count(restored, "byte"));
    match (bytes, restored) {
        (0, _) => format!("the journal was repaired: {back}"),
        (_, 0) => format!("the journal was repaired: {moved}"),
        _ => format!("the journal was repaired: {moved}, {back}"),
    }
}
