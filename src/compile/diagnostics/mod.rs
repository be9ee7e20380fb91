//! Mistakes in definitions, and where they are.
mod diagnostic;
mod document;
mod invalid;
mod lint_code;
mod locate;
mod location;
mod sink;
mod source_text;
mod unreadable;

pub(super) use diagnostic::normalize;
pub use diagnostic::{Problem, Severity};
pub(super) use document::Document;
pub use invalid::Invalid;
pub use lint_code::{LintCode, LintDocs};
pub(super) use locate::{Path, Side, Step, line_column, locate, offset};
pub(super) use location::Location;
pub(super) use sink::Diagnostics;
pub use source_text::SourceText;
pub use unreadable::Unreadable;
