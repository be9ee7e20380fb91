//! Reads a journal without changing it.
use super::error::JournalError;
use super::line;
use super::position::Position;
use crate::model::Line;
use crate::store::beneath;
use camino::Utf8Path;
use serde::de::DeserializeOwned;
use std::io::{BufRead, BufReader, Read as _, Seek as _, SeekFrom};

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
    each: impl FnMut(Line, Position),
) -> Result<Position, JournalError> {
    read_lines_of(path, from, each)
}

/// Reads as [`read_lines`] does, from a journal of other facts than a session's.
pub(super) fn read_lines_of<E: DeserializeOwned>(
    path: &Utf8Path,
    from: Position,
    each: impl FnMut(Line<E>, Position),
) -> Result<Position, JournalError> {
    let mut file = beneath::open(path)?;
    file.seek(SeekFrom::Start(from.offset))?;
    let (position, result) = lines_of(BufReader::new(file), path, from, each);
    result.map(|()| position)
}

/// Reads as [`read_from`] does, but no more than so many bytes, or one line. Returns the position behind the last line read.
pub fn read_chunk<E: DeserializeOwned>(
    path: &Utf8Path,
    from: Position,
    bytes: u64,
    mut each: impl FnMut(Line<E>),
) -> Result<Position, JournalError> {
    let mut most = bytes;
    loop {
        let mut file = beneath::open(path)?;
        let left = file.metadata()?.len().saturating_sub(from.offset);
        file.seek(SeekFrom::Start(from.offset))?;
        let reader = BufReader::new(file.take(most));
        let (position, result) = lines_of(reader, path, from, |line, _| each(line));
        result?;
        if position.offset != from.offset || left <= most {
            return Ok(position);
        }
        most = left;
    }
}

/// Reads lines as they are in the journal behind `from`. Returns the position behind the last good one, and why the next
/// one is none.
pub(super) fn lines_of<E: DeserializeOwned>(
    mut reader: impl BufRead,
    path: &Utf8Path,
    from: Position,
    mut each: impl FnMut(Line<E>, Position),
) -> (Position, Result<(), JournalError>) {
    let (mut position, mut text) = (from, Vec::new());
    loop {
        text.clear();
        if let Err(error) = reader.read_until(b'\n', &mut text) {
            return (position, Err(error.into()));
        }
        if text.last() != Some(&b'\n') {
            return (position, Ok(()));
        }
        match line::read(path, position, &text) {
            Ok((line, behind)) => {
                position = behind;
                each(line, position);
            }
            Err(error) => return (position, Err(error)),
        }
    }
}
