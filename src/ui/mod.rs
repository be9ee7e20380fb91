//! How anything is shown.
pub mod duration;
pub mod report;

use std::io;

/// Writes data to standard output. A reader that has gone away is not an error.
pub fn out(text: &str) {
    quietly(io::stdout().lock(), text);
}

/// Writes what is not data to standard error.
pub fn note(text: &str) {
    quietly(io::stderr().lock(), text);
}

fn quietly(mut to: impl io::Write, text: &str) {
    let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
}

/// Writes a value as JSON to standard output.
pub fn json(value: &impl serde::Serialize) {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    out(&format!("{text}\n"));
}
