//! Mistakes in definitions, and where they are.
mod diagnostic;
mod document;
mod invalid;
mod lint_code;
mod locate;
mod locate_key;
mod location;
mod path;
mod position;
mod sink;
mod source_text;
mod unreadable;

pub(super) use diagnostic::normalize;
pub use diagnostic::{Problem, Severity};
pub(super) use document::Document;
pub use invalid::Invalid;
pub use lint_code::{LintCode, LintDocs};
pub(super) use locate::{Side, locate};
pub(super) use location::Location;
pub(super) use path::{Path, Step};
pub(super) use position::{line_column, offset};
pub(super) use sink::Diagnostics;
pub use source_text::SourceText;
pub use unreadable::Unreadable;
