//! A position in a journal.
use serde::{Deserialize, Serialize};

/// A position in a journal, just behind a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Bytes before it.
    pub offset: u64,
    /// Lines before it.
    pub seq: u64,
    /// The checksum of the line before it, which covers all lines before that one.
    pub sum: u64,
}
