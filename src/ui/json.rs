//! The only way to JSON that a command prints: indented on a terminal, one line otherwise.
use crate::error::{Error, Result};
use serde::Serialize;
use std::io::IsTerminal as _;

/// Returns a value as JSON for stdout.
pub fn text(value: &(impl Serialize + ?Sized)) -> Result<String> {
    if std::io::stdout().is_terminal() {
        serde_json::to_string_pretty(value).map_err(Error::failed_by)
    } else {
        line(value)
    }
}

/// Returns a value as one line of JSON, for commands that print one after another.
pub fn line(value: &(impl Serialize + ?Sized)) -> Result<String> {
    serde_json::to_string(value).map_err(Error::failed_by)
}

/// Prints a value as JSON.
pub fn print(value: &(impl Serialize + ?Sized)) -> Result<()> {
    super::out(text(value)?)
}
