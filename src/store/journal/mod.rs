//! Append-only record of what happened in a session: `events.jsonl`, one [`Line`](crate::model::Line) a line.
//!
//! An event is on disk before any effect of it starts. The file is locked for as long as its writer lives, so that even
//! a deleted lock file never allows two writers.
mod error;
mod lock;
mod position;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub use error::JournalError;
pub use lock::is_held;
pub use position::Position;
pub use reader::read_from;
pub(crate) use reader::read_lines;
pub use writer::Journal;
