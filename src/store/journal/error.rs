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
    #[error(
        "{path}:{line}: written by a newer version of ap (format {found}, this one writes {})",
        Line::VERSION
    )]
    Newer {
        path: Utf8PathBuf,
        line: u64,
        found: u32,
    },
    #[error("{path} is being written by another runner")]
    Held { path: Utf8PathBuf },
}
