//! Reads a shell script as words, operators, substitutions and here-documents.
mod cursor;
mod parse;
mod substitution;
mod syntax;
mod words;

pub(super) use parse::{by_words, parse};
pub(super) use syntax::{Assignment, Node, Part, Redirect, Simple, Value, Word};
