//! Reads a shell script as words, operators, substitutions and here-documents.
mod by_words;
mod cursor;
mod parse;
mod substitution;
mod syntax;
mod words;

pub(super) use by_words::by_words;
pub(super) use parse::parse;
pub(super) use syntax::{Assignment, Node, Part, Redirect, Simple, Value, Word};
