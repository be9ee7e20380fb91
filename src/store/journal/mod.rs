//! Append-only record of what happened in a session: `events.jsonl`, one [`Line`](crate::model::Line) a line.
//!
//! Each line ends with a checksum over its bytes and the line before it, so that a line that was changed, left out or put
//! in between is found. Before each line the writer checks that the file is as it left it, and puts it right from a copy.
//!
//! An event is on disk before any effect of it starts. The file is locked for as long as its writer lives, so that even
//! a deleted lock file never allows two writers.
mod copy;
mod error;
mod line;
mod lock;
mod position;
mod reader;
mod repair;
mod segments;
#[cfg(test)]
mod tests;
mod writer;

pub use error::JournalError;
pub use lock::is_held;
pub use position::Position;
pub(crate) use reader::read_lines;
pub use reader::{read_chunk, read_from};
pub use repair::{Repair, Salvaged, salvage};
pub use segments::{
    SegmentPosition, Segments, last_segment, read_segments, read_segments_chunk, segment_path,
};
pub use writer::Journal;
