//! Removes secrets from everything that is stored or sent: known values, and text that looks like a key or token.
//!
//! Redaction never changes input before it is parsed, only output: journals, `state.json`, `context.json`,
//! `output.md`, logs, messages and recordings. Its result says [how many](Redacted::removed) secrets were removed.
mod assigned;
mod bytes;
mod headers;
mod known;
mod places;
mod redactor;
mod shapes;
mod stream;
#[cfg(test)]
mod tests;
mod tokens;
mod urls;
mod values;

pub use known::{holds_secret, is_secret_name};
pub use places::Places;
pub use redactor::{REPLACEMENT, Redacted, Redactor};
