//! What went wrong, what to do next, and the exit code it means.
use crate::compile::{Invalid, Problem};
use std::fmt;

/// The documented exit codes of `ap`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// The command, or the session it waited for, did what it was for.
    Done = 0,
    /// Something went wrong.
    Failed = 1,
    /// Bad usage or a bad definition; nothing was started or changed.
    Usage = 2,
    /// The session is already running.
    AlreadyRunning = 3,
    /// Ended short of its goal: a limit, a budget, no task to claim.
    Short = 4,
    /// Stopped by the user.
    Stopped = 5,
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}

/// An error as the user sees it: what failed, what caused it, and what to do next.
#[derive(Debug)]
pub struct Error {
    pub code: ExitCode,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
    hint: Option<String>,
    problems: Vec<Problem>,
}

/// Shorthand for results that end in front of the user.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A failure that is not the caller's mistake.
    pub fn failed(message: impl fmt::Display) -> Self {
        Self::new(ExitCode::Failed, message)
    }

    /// The caller's mistake.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self::new(ExitCode::Usage, message)
    }

    pub fn new(code: ExitCode, message: impl fmt::Display) -> Self {
        Self {
            code,
            message: message.to_string(),
            source: None,
            hint: None,
            problems: Vec::new(),
        }
    }

    /// A definition that cannot be used, with its problems.
    pub fn invalid(invalid: Invalid) -> Self {
        Self {
            problems: invalid.problems.clone(),
            source: Some(Box::new(invalid.clone())),
            ..Self::usage(invalid)
        }
    }

    /// Adds what to do next, in place of an earlier hint.
    #[must_use]
    pub fn hint(self, hint: impl fmt::Display) -> Self {
        Self {
            hint: Some(hint.to_string()),
            ..self
        }
    }

    /// Changes the hint, if there is one.
    #[must_use]
    pub fn map_hint(self, change: impl FnOnce(&str) -> String) -> Self {
        let hint = self.hint.as_deref().map(change);
        Self { hint, ..self }
    }

    /// Returns the hint, if there is one.
    pub fn help(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Returns the problems of the definition it is about.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// Names the file or thing an I/O error is about; `fs_err` already does.
impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        let message = error.to_string();
        let hint = match error.kind() {
            std::io::ErrorKind::StorageFull => Some(
                "the disk is full: free some space, then run the command again; nothing that was there is lost",
            ),
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                Some("it must be writable by you: check the owner and mode of the directory")
            }
            _ => None,
        };
        Self {
            hint: hint.map(str::to_owned),
            source: Some(Box::new(error)),
            ..Self::failed(message)
        }
    }
}
