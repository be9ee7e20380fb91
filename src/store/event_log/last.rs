//! The last lines of the log that are wanted: found by the index, at a cost that does not grow with the log.
use super::head::{Filter, Head};
use super::index::{Index, RECORD, Record, Sieve};
use super::lines::{LogEnd, read_line, read_lines};
use super::segment::{DatedFile, Family, all};
use crate::store::beneath;
use crate::store::layout::{StateFile, UserDirs};
use camino::Utf8Path;
use fs_err as fs;
use std::collections::VecDeque;
use std::io;

/// Records that are read at a time.
const BLOCK: u64 = 8192;

/// The last lines that are wanted.
#[derive(Debug, Default)]
pub struct Last {
    /// Oldest first, without line ends.
    pub lines: Vec<Vec<u8>>,
    /// Where to read on.
    pub end: LogEnd,
    /// Whether there is a log at all.
    pub is_there: bool,
}

/// Returns the last lines that a filter wants, `most` at most.
pub fn last_lines(dirs: &UserDirs, filter: &Filter, most: usize) -> io::Result<Last> {
    let folder = dirs.state_file(StateFile::Log);
    let files = all(&folder, Family::Events)?;
    let Some(newest) = files.last() else {
        return Ok(Last::default());
    };
    let sieve = Sieve::new(filter);
    let mut found = VecDeque::new();
    let mut end = 0;
    for file in files.iter().rev() {
        if most <= found.len() {
            break;
        }
        let left = most - found.len();
        let (lines, read_to) = last_of(&folder, *file, (filter, &sieve), left)?;
        if file == newest {
            end = read_to;
        }
        for line in lines.into_iter().rev() {
            found.push_front(line);
        }
    }
    Ok(Last {
        lines: found.into(),
        end: LogEnd {
            file: newest.name(),
            offset: end,
        },
        is_there: true,
    })
}

/// Returns the last lines of a file that are wanted, and where its last whole line ends.
fn last_of(
    folder: &Utf8Path,
    name: DatedFile,
    (filter, sieve): (&Filter, &Sieve),
    most: usize,
) -> io::Result<(Vec<Vec<u8>>, u64)> {
    let path = name.path(folder);
    let index = Index::open(&name.index_path(folder))?;
    if let (Some(mut index), Some(mut file)) = (index, beneath::open_if_there(&path)?)
        && let Some(found) = by_index(&path, &mut file, &mut index, (filter, sieve), most)?
    {
        return Ok(found);
    }
    tracing::debug!(%path, "its index does not fit; the whole file is read");
    let (mut lines, mut end) = (VecDeque::new(), 0);
    read_lines(&path, 0, |offset, line| {
        end = offset + line.len() as u64;
        keep(&mut lines, line, filter, most);
    })?;
    Ok((lines.into(), end))
}

/// Searches with the index. `None`, if it does not fit the file.
fn by_index(
    path: &Utf8Path,
    file: &mut fs::File,
    index: &mut Index,
    (filter, sieve): (&Filter, &Sieve),
    most: usize,
) -> io::Result<Option<(Vec<Vec<u8>>, u64)>> {
    let length = file.metadata()?.len();
    let mut count = index.count;
    // Records ahead of the file are of lines that are not there.
    let mut indexed = 0;
    while 0 < count {
        match index.record(count - 1)? {
            Some(record) if record.end() <= length => {
                indexed = record.end();
                break;
            }
            _ => count -= 1,
        }
    }
    // What the index is behind.
    let (mut behind, mut end) = (VecDeque::new(), indexed);
    read_lines(path, indexed, |offset, line| {
        end = offset + line.len() as u64;
        keep(&mut behind, line, filter, most);
    })?;
    let mut found: VecDeque<Vec<u8>> = behind;
    while 0 < count && found.len() < most {
        let from = count.saturating_sub(BLOCK);
        let block = index.records(from, count - from)?;
        for bytes in block.chunks_exact(RECORD).rev() {
            let Some(record) = Record::read(bytes) else {
                return Ok(None);
            };
            if !sieve.passes(&record) {
                continue;
            }
            let Some(line) = read_line(file, &record)? else {
                return Ok(None);
            };
            let Some(head) = Head::read(&line) else {
                return Ok(None);
            };
            if Record::new(record.offset, line.len() + 1, &head) != record {
                return Ok(None);
            }
            if filter.wants(&head) {
                found.push_front(line);
                if most <= found.len() {
                    break;
                }
            }
        }
        count = from;
    }
    Ok(Some((found.into(), end)))
}

/// Keeps a line if it is wanted, and no more than the last ones.
fn keep(lines: &mut VecDeque<Vec<u8>>, line: &[u8], filter: &Filter, most: usize) {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    if 0 < most && Head::read(line).is_some_and(|head| filter.wants(&head)) {
        if most <= lines.len() {
            lines.pop_front();
        }
        lines.push_back(line.to_vec());
    }
}
