//! Reads a journal without changing it.
use super::error::JournalError;
use super::position::Position;
use crate::model::Line;
use camino::Utf8Path;
use fs_err as fs;
use serde::Deserialize;
use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom};

/// Passes every line behind `from` to `each` and returns the position behind the last complete one.
pub fn read_from(
    path: &Utf8Path,
    from: Position,
    mut each: impl FnMut(&Line),
) -> Result<Position, JournalError> {
    read_lines(path, from, |line, _| each(&line))
}

/// Reads as [`read_from`] does, and passes the position behind each line with it.
pub(crate) fn read_lines(
    path: &Utf8Path,
    from: Position,
    mut each: impl FnMut(Line, Position),
) -> Result<Position, JournalError> {
    let mut reader = BufReader::new(fs::File::open(path)?);
    reader.seek(SeekFrom::Start(from.offset))?;
    let (mut position, mut text) = (from, Vec::new());
    loop {
        text.clear();
        let length = reader.read_until(b'\n', &mut text)?;
        if text.last() != Some(&b'\n') {
            return Ok(position);
        }
        let line = parse(path, position.seq + 1, &text)?;
        position = Position {
            offset: position.offset + length as u64,
            seq: line.seq,
        };
        each(line, position);
    }
}

fn parse(path: &Utf8Path, seq: u64, text: &[u8]) -> Result<Line, JournalError> {
    /// The fields every format has, however new.
    #[derive(Deserialize)]
    struct Version {
        v: u32,
    }
    let damaged = |why: String| JournalError::Damaged {
        path: path.to_owned(),
        line: seq,
        why,
    };
    match serde_json::from_slice::<Line>(text) {
        Ok(line) if line.v <= Line::VERSION && line.seq == seq => Ok(line),
        Ok(line) if line.v <= Line::VERSION => Err(damaged(format!(
            "it has number {} where {seq} should be",
            line.seq
        ))),
        parsed => match serde_json::from_slice::<Version>(text) {
            Ok(Version { v }) if Line::VERSION < v => Err(JournalError::Newer {
                path: path.to_owned(),
                line: seq,
                found: v,
            }),
            _ => Err(damaged(
                parsed
                    .err()
                    .map_or_else(String::new, |error| error.to_string()),
            )),
        },
    }
}
