//! The errors of a journal.
use crate::model::Line;
use camino::Utf8PathBuf;
use std::io;
use thiserror::Error;

/// Why a journal cannot be used.
#[derive(Debug, Error)]
pub enum JournalError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("{path}:{line}: the journal is damaged: {why}")]
    Damaged {
        path: Utf8PathBuf,
        line: u64,
        why: String,
    },
    #[error("{path}:{line}: written by {} version of ap (format {found}, this one reads {})", if *.found < Line::VERSION { "an older" } else { "a newer" }, Line::VERSION)]
    OtherFormat {
        path: Utf8PathBuf,
        line: u64,
        found: u32,
    },
    #[error("{path} is being written by another runner")]
    Held { path: Utf8PathBuf },
    /// Another runner has added lines of its own, so this one must stop.
    #[error("{path}:{line}: another runner continues this session; this one has stopped")]
    Taken { path: Utf8PathBuf, line: u64 },
}

impl From<JournalError> for io::Error {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Io(error) => error,
            error => Self::other(error),
        }
    }
}
