//! A line of a journal as bytes: `{"v":2,"seq":1,"at":"…","event":{…},"sum":"<16 hexadecimal digits>"}`.
use super::error::JournalError;
use super::position::Position;
use crate::fingerprint::chained;
use crate::model::Line;
use camino::Utf8Path;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, Write as _};

/// What comes before the checksum.
const BEFORE_SUM: &[u8] = b",\"sum\":\"";
/// The length of a checksum and what follows it.
const AFTER_SUM: usize = 16 + "\"}\n".len();

/// Writes an event as the line behind a position, and returns the position behind the line.
pub(super) fn write<E: Serialize>(
    buffer: &mut Vec<u8>,
    after: Position,
    event: &E,
    at: Timestamp,
) -> io::Result<Position> {
    buffer.clear();
    let line = Written {
        v: Line::VERSION,
        seq: after.seq + 1,
        at,
        event,
    };
    serde_json::to_writer(&mut *buffer, &line)?;
    // The checksum covers what comes before it.
    buffer.pop();
    let sum = chained(after.sum, buffer);
    buffer.extend_from_slice(BEFORE_SUM);
    writeln!(buffer, "{sum:016x}\"}}")?;
    Ok(Position {
        offset: after.offset + buffer.len() as u64,
        seq: after.seq + 1,
        sum,
    })
}

/// Why a line is refused whose checksum is not that of its text.
const CHANGED: &str = "its checksum does not match: the line was changed, or a line before it";

/// A [`Line`] that borrows its event.
#[derive(Serialize)]
struct Written<'a, E> {
    v: u32,
    seq: u64,
    at: Timestamp,
    event: &'a E,
}

/// Reads the line behind a position, with its line end. Returns the position behind it.
pub(super) fn read<E: DeserializeOwned>(
    path: &Utf8Path,
    after: Position,
    text: &[u8],
) -> Result<(Line<E>, Position), JournalError> {
    let parsed = serde_json::from_slice::<Line<E>>(text);
    if let (Ok(line), Some(sum)) = (&parsed, checked_sum(after, text))
        && line.v == Line::VERSION
        && line.seq == after.seq + 1
    {
        let behind = Position {
            offset: after.offset + text.len() as u64,
            seq: line.seq,
            sum,
        };
        return parsed
            .map(|line| (line, behind))
            .map_err(|error| damaged(path, after, error.to_string()));
    }
    Err(refusal(path, after, text, parsed))
}

/// Returns the checksum a line ends with, if it is that of the line's text and what comes before the line.
pub(super) fn checked_sum(after: Position, text: &[u8]) -> Option<u64> {
    let (covered, end) = text.split_at_checked(text.len().checked_sub(AFTER_SUM)?)?;
    let covered = covered.strip_suffix(BEFORE_SUM)?;
    let digits = end.strip_suffix(b"\"}\n")?;
    let stated = u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    (stated == chained(after.sum, covered)).then_some(stated)
}

/// Returns why a line cannot be used.
fn refusal<E>(
    path: &Utf8Path,
    after: Position,
    text: &[u8],
    parsed: serde_json::Result<Line<E>>,
) -> JournalError {
    /// The field that every format has.
    #[derive(Deserialize)]
    struct Version {
        v: u32,
    }
    let expected = after.seq + 1;
    if let Ok(Version { v }) = serde_json::from_slice::<Version>(text)
        && v != Line::VERSION
    {
        return JournalError::OtherFormat {
            path: path.to_owned(),
            line: expected,
            found: v,
        };
    }
    damaged(
        path,
        after,
        match parsed {
            Ok(line) if line.seq != expected => {
                format!("it has number {} where {expected} should be", line.seq)
            }
            Ok(_) => CHANGED.to_owned(),
            // A whole line whose fact is unknown was changed too, unless it carries its own checksum.
            Err(error) if error.is_data() && checked_sum(after, text).is_none() => {
                CHANGED.to_owned()
            }
            Err(error) => error.to_string(),
        },
    )
}

fn damaged(path: &Utf8Path, after: Position, why: String) -> JournalError {
    JournalError::Damaged {
        path: path.to_owned(),
        line: after.seq + 1,
        why,
    }
}
