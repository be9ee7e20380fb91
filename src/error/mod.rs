//! Errors with what failed, what to do next, and the exit code.
mod exit_code;
mod kind;

pub use exit_code::{COMMAND_EXITS, CommandExit, ExitCode};
pub use kind::ErrorKind;

use crate::compile::{Invalid, Problem};
use serde::Serialize;
use std::fmt;

/// An error as the user sees it: what failed, what caused it, and what to do next.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
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
        Self::new(ErrorKind::Failed, message)
    }

    /// The caller's mistake.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// An error of a kind.
    pub fn new(kind: ErrorKind, message: impl fmt::Display) -> Self {
        Self {
            kind,
            message: message.to_string(),
            source: None,
            hint: None,
            problems: Vec::new(),
        }
    }

    /// An error of a kind that has another one as its source, and its message.
    pub fn caused_by(
        kind: ErrorKind,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self {
            message: source.to_string(),
            source: Some(Box::new(source)),
            ..Self::new(kind, "")
        }
    }

    /// A failure that another error caused, in its words.
    pub fn failed_by(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::caused_by(ErrorKind::Failed, source)
    }

    /// A value of the caller's that cannot be read, in the words of its parser.
    pub fn bad_value(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::caused_by(ErrorKind::BadValue, source)
    }

    /// A definition that cannot be used, with its problems.
    pub fn invalid(invalid: Invalid) -> Self {
        Self {
            problems: invalid.problems.clone(),
            source: Some(Box::new(invalid.clone())),
            ..Self::new(ErrorKind::InvalidDefinition, invalid)
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

    /// Returns what kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns the exit code it means.
    pub fn exit_code(&self) -> ExitCode {
        self.kind.exit_code()
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

/// Converts an I/O error; `fs_err` has put the path into its message.
impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        let (kind, hint) = match error.kind() {
            std::io::ErrorKind::StorageFull => (
                ErrorKind::DiskFull,
                Some(
                    "the disk is full: free some space, then run the command again; nothing that was there is lost",
                ),
            ),
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => (
                ErrorKind::NotPermitted,
                Some("it must be writable by you: check the owner and mode of the directory"),
            ),
            _ => (ErrorKind::Io, None),
        };
        Self {
            hint: hint.map(str::to_owned),
            ..Self::caused_by(kind, error)
        }
    }
}

/// An error as commands with `--json` print it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct ErrorReport<'a> {
    error: ErrorBody<'a>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
struct ErrorBody<'a> {
    kind: ErrorKind,
    message: &'a str,
    help: Option<&'a str>,
    exit: u8,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    problems: &'a [Problem],
}

impl Error {
    /// Returns it in the shape that `--json` prints.
    pub fn report(&self) -> ErrorReport<'_> {
        ErrorReport {
            error: ErrorBody {
                kind: self.kind,
                message: &self.message,
                help: self.hint.as_deref(),
                exit: self.exit_code().number(),
                problems: &self.problems,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the lines of a table of the reference, below its heading row.
    fn rows(heading: &str) -> Vec<&'static str> {
        let page = include_str!("../../docs/reference.md");
        let lines = page.lines().skip_while(|line| *line != heading).skip(2);
        lines.take_while(|line| line.starts_with('|')).collect()
    }

    #[test]
    fn the_reference_has_every_exit_code_and_kind() {
        let codes = ExitCode::ALL.map(|code| format!("| {} | {} |", code.number(), code.meaning()));
        assert_eq!(rows("| Exit code | Meaning |"), codes);
        let commands = COMMAND_EXITS.iter().map(|exit| {
            let (command, code) = (exit.command, exit.code.number());
            format!("| `{command}` | {code} | {} |", exit.meaning)
        });
        let commands: Vec<String> = commands.collect();
        assert_eq!(rows("| Command | Exit code | Meaning |"), commands);
        let kinds = ErrorKind::ALL.iter().map(|kind| {
            let code = kind.exit_code().number();
            format!("| `{kind}` | {code} | {} |", kind.meaning())
        });
        assert_eq!(
            rows("| Kind | Exit code | Meaning |"),
            kinds.collect::<Vec<_>>()
        );
    }

    #[test]
    fn an_error_as_json_has_its_kind_message_help_and_exit_code() {
        let error =
            Error::new(ErrorKind::SessionNotFound, "there is no session").hint("see `ap list`");
        let json = serde_json::to_string(&error.report()).unwrap();
        insta::assert_snapshot!(json, @r#"{"error":{"kind":"session-not-found","message":"there is no session","help":"see `ap list`","exit":1}}"#);
    }
}
