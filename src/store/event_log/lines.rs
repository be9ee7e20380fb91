//! Reads lines of a file of the log.
use super::index::Record;
use crate::store::beneath;
use camino::Utf8Path;
use fs_err as fs;
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};

/// The longest line that is read back.
const MAX_LINE: u64 = 1 << 24;

/// A position behind a line of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEnd {
    /// The file's name; empty before the first line.
    pub file: String,
    pub offset: u64,
}

/// Passes the whole lines from an offset on, with their offsets and line ends. What is not a whole line yet is left out.
pub(super) fn read_lines(
    path: &Utf8Path,
    from: u64,
    mut each: impl FnMut(u64, &[u8]),
) -> io::Result<()> {
    let Some(mut file) = beneath::open_if_there(path)? else {
        return Ok(());
    };
    file.seek(SeekFrom::Start(from))?;
    let (mut reader, mut offset) = (BufReader::with_capacity(1 << 16, file), from);
    let mut line = Vec::new();
    loop {
        line.clear();
        (&mut reader).take(MAX_LINE).read_until(b'\n', &mut line)?;
        if line.is_empty() || !line.ends_with(b"\n") && (line.len() as u64) < MAX_LINE {
            return Ok(());
        }
        each(offset, &line);
        offset += line.len() as u64;
    }
}

/// Returns the line where a record says, without its end. `None`, if no line ends there.
pub(super) fn read_line(file: &mut fs::File, record: &Record) -> io::Result<Option<Vec<u8>>> {
    const MAX: u32 = 1 << 24;
    if record.length == 0 || MAX < record.length {
        return Ok(None);
    }
    let mut line = vec![0; record.length as usize];
    file.seek(SeekFrom::Start(record.offset))?;
    if file.read_exact(&mut line).is_err() || line.pop() != Some(b'\n') {
        return Ok(None);
    }
    Ok((!line.contains(&b'\n')).then_some(line))
}
