//! What went wrong, what to do next, and the exit code it means.
use miette::{Diagnostic, MietteDiagnostic, Report};
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
    /// Stopped by a person.
    Stopped = 5,
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}

/// An error as people see it. Says what failed, where, why, and what to do next.
pub struct Error {
    pub code: ExitCode,
    pub report: Report,
}

/// Shorthand for results that end in front of a person.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Something went wrong that is not the caller's mistake.
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
            report: Report::new(MietteDiagnostic::new(message.to_string())),
        }
    }

    /// Keeps a diagnostic with its own help and source spans.
    pub fn diagnostic(code: ExitCode, diagnostic: impl Diagnostic + Send + Sync + 'static) -> Self {
        Self {
            code,
            report: Report::new(diagnostic),
        }
    }

    /// Says what to do next.
    #[must_use]
    pub fn hint(self, hint: impl fmt::Display) -> Self {
        let diagnostic = MietteDiagnostic::new(self.report.to_string()).with_help(hint.to_string());
        Self {
            code: self.code,
            report: Report::new(diagnostic),
        }
    }

    /// Returns the hint, if there is one.
    pub fn help(&self) -> Option<String> {
        self.report.help().map(|help| help.to_string())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.report.fmt(f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.report)
    }
}

/// Names the file or thing an I/O error is about; `fs_err` already does.
impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        let hint = match error.kind() {
            std::io::ErrorKind::StorageFull => Some(
                "the disk is full: free some space, then run the command again; nothing that was there is lost",
            ),
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                Some("this must be writable for you: check the owner and mode of the directory")
            }
            _ => None,
        };
        let error = Self::failed(error);
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}
