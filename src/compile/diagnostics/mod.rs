//! Mistakes in definitions, and where they are.
mod diagnostic;
mod lint_code;
mod locate;
mod location;
mod source_text;
mod unreadable;

pub(super) use diagnostic::{Document, tidy};
pub use diagnostic::{Invalid, Problem, Severity};
#[cfg(test)]
pub(super) use lint_code::{CODES, alias};
pub(super) use locate::{Path, Side, Step, line_column, locate, offset};
pub(super) use location::Place;
pub use source_text::SourceText;
pub use unreadable::Unreadable;
