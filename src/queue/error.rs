//! Errors of queues.
use crate::error::{Error, ErrorKind};
use std::fmt;

/// The kind of a queue's error. None of them ever means "empty".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueErrorKind {
    /// The queue cannot be reached: no such file, no permission.
    Unavailable,
    /// It did not answer in time.
    Silent,
    /// The program that reaches it is missing.
    Missing,
    /// Another process is using it; the same call may work later.
    Busy,
    /// It answered with something that cannot be understood.
    Protocol,
    /// It refused the request.
    Rejected,
}

/// What went wrong, where, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct QueueError {
    pub kind: QueueErrorKind,
    /// What failed and where; a fragment that fits after "cannot continue:".
    pub what: String,
    /// The next step, shown as the hint.
    pub next: String,
}

/// Shorthand for what queues return.
pub type Result<T, E = QueueError> = std::result::Result<T, E>;

impl QueueError {
    pub fn unavailable(what: impl fmt::Display, next: impl fmt::Display) -> Self {
        Self::new(QueueErrorKind::Unavailable, what, next)
    }

    pub fn busy(what: impl fmt::Display, next: impl fmt::Display) -> Self {
        Self::new(QueueErrorKind::Busy, what, next)
    }

    pub fn protocol(what: impl fmt::Display, next: impl fmt::Display) -> Self {
        Self::new(QueueErrorKind::Protocol, what, next)
    }

    pub fn rejected(what: impl fmt::Display, next: impl fmt::Display) -> Self {
        Self::new(QueueErrorKind::Rejected, what, next)
    }

    pub(super) fn new(
        kind: QueueErrorKind,
        what: impl fmt::Display,
        next: impl fmt::Display,
    ) -> Self {
        Self {
            kind,
            what: what.to_string(),
            next: next.to_string(),
        }
    }
}

/// The path is in the message already: `fs_err` puts it there.
impl From<std::io::Error> for QueueError {
    fn from(error: std::io::Error) -> Self {
        let next = match error.kind() {
            std::io::ErrorKind::StorageFull => "the disk is full: free some space, then try again",
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                "the queue's file and its folder must be writable for you: check owner and mode"
            }
            _ => "check that the path exists and is what it should be, then try again",
        };
        Self::unavailable(error, next)
    }
}

impl From<QueueError> for Error {
    fn from(error: QueueError) -> Self {
        let next = error.next.clone();
        Self::caused_by(ErrorKind::Queue, error).hint(next)
    }
}
