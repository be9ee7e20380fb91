//! Removes secrets from what is kept or sent: values that are known, and texts that are written as keys and tokens are.
//!
//! Redaction never changes what is parsed. It is applied to what is written: journals, `state.json`, `context.json`,
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
