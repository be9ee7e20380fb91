//! The index of a file of the log: a fixed record for each line, so that lines are found without reading the file.
use super::head::{Filter, Head};
use crate::fingerprint::chained;
use crate::store::beneath;
use camino::Utf8Path;
use fs_err as fs;
use std::io::{self, Read as _, Seek as _, SeekFrom};

/// Bytes of a record.
pub(super) const RECORD: usize = 32;
/// The first record, which names the format.
pub(super) const MAGIC: [u8; RECORD] = *b"ap index of a log, version 1\n\0\0\0";

/// Where a line is, and what it can be selected by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) offset: u64,
    /// Milliseconds since 1970.
    at_ms: i64,
    /// A hash of the project; two projects may share one.
    project: u64,
    kind: u32,
    /// Bytes of the line, with its end.
    pub(super) length: u32,
}

fn hash(text: &str) -> u64 {
    chained(0, text.as_bytes())
}

fn kind_hash(kind: &str) -> u32 {
    (hash(kind) >> 32) as u32
}

impl Record {
    pub(super) fn new(offset: u64, length: usize, head: &Head<'_>) -> Self {
        Self {
            offset,
            at_ms: head.at.as_millisecond(),
            project: hash(head.project.as_deref().unwrap_or_default()),
            kind: kind_hash(&head.kind),
            length: u32::try_from(length).unwrap_or(u32::MAX),
        }
    }

    pub(super) fn bytes(&self) -> [u8; RECORD] {
        let mut bytes = [0; RECORD];
        bytes[..8].copy_from_slice(&self.offset.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.at_ms.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.project.to_le_bytes());
        bytes[24..28].copy_from_slice(&self.kind.to_le_bytes());
        bytes[28..].copy_from_slice(&self.length.to_le_bytes());
        bytes
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let eight = |from: usize| bytes.get(from..from + 8)?.try_into().ok();
        let four = |from: usize| bytes.get(from..from + 4)?.try_into().ok();
        Some(Self {
            offset: u64::from_le_bytes(eight(0)?),
            at_ms: i64::from_le_bytes(eight(8)?),
            project: u64::from_le_bytes(eight(16)?),
            kind: u32::from_le_bytes(four(24)?),
            length: u32::from_le_bytes(four(28)?),
        })
    }

    pub(super) fn end(&self) -> u64 {
        self.offset + u64::from(self.length)
    }
}

/// A filter as records can be compared with it. It lets through all that is wanted, and few others.
pub(super) struct Sieve {
    projects: Vec<u64>,
    kinds: Vec<u32>,
    since_ms: i64,
}

impl Sieve {
    pub(super) fn new(filter: &Filter) -> Self {
        Self {
            projects: filter.projects.iter().map(|it| hash(it)).collect(),
            kinds: filter.kinds.iter().map(|it| kind_hash(it)).collect(),
            since_ms: filter
                .since
                .map_or(i64::MIN, jiff::Timestamp::as_millisecond),
        }
    }

    pub(super) fn passes(&self, record: &Record) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&record.kind))
            && (self.projects.is_empty() || self.projects.contains(&record.project))
            && self.since_ms <= record.at_ms
    }
}

/// An index that is read.
pub(super) struct Index {
    file: fs::File,
    /// How many records it has, without the first.
    pub(super) count: u64,
}

impl Index {
    /// Opens an index, unless there is none or it is of another format.
    pub(super) fn open(path: &Utf8Path) -> io::Result<Option<Self>> {
        let Some(mut file) = beneath::open_if_there(path)? else {
            return Ok(None);
        };
        let mut first = [0; RECORD];
        if file.read_exact(&mut first).is_err() || first != MAGIC {
            return Ok(None);
        }
        let count = (file.metadata()?.len() / RECORD as u64).saturating_sub(1);
        Ok(Some(Self { file, count }))
    }

    /// Reads `count` records from a number on.
    pub(super) fn records(&mut self, from: u64, count: u64) -> io::Result<Vec<u8>> {
        let bytes = usize::try_from(count).unwrap_or(0) * RECORD;
        let mut records = vec![0; bytes];
        self.file
            .seek(SeekFrom::Start((from + 1) * RECORD as u64))?;
        self.file.read_exact(&mut records)?;
        Ok(records)
    }

    /// Returns the record of a number.
    pub(super) fn record(&mut self, number: u64) -> io::Result<Option<Record>> {
        Ok(Record::read(&self.records(number, 1)?))
    }
}
