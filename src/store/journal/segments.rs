//! A journal in segments: `events-000001.jsonl`, `events-000002.jsonl`, …, one journal whose lines are counted and summed
//! through all of them.
use super::error::JournalError;
use super::position::Position;
use super::reader::{read_chunk, read_lines_of};
use super::writer::JournalOf;
use crate::model::Line;
use crate::store::{beneath, crash};
use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io;

/// How long a segment becomes before the next one begins.
const SEGMENT_BYTES: u64 = 16 * 1024 * 1024;

/// A position in a journal of segments, just behind a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentPosition {
    /// The number of the segment, from one.
    pub segment: u32,
    pub position: Position,
}

impl Default for SegmentPosition {
    fn default() -> Self {
        Self {
            segment: 1,
            position: Position::default(),
        }
    }
}

impl SegmentPosition {
    /// Returns where the next segment begins, if this is the end of one.
    fn next(self) -> Self {
        Self {
            segment: self.segment + 1,
            position: Position {
                offset: 0,
                ..self.position
            },
        }
    }
}

/// The writer of a journal in segments; there is at most one.
#[derive(Debug)]
pub struct Segments<E> {
    folder: Utf8PathBuf,
    segment: u32,
    journal: JournalOf<E>,
    limit: u64,
}

impl<E: Serialize + DeserializeOwned> Segments<E> {
    /// Opens a journal for writing, creates it if there is none, and passes every line behind `from` to `each`.
    pub fn open(
        folder: &Utf8Path,
        from: SegmentPosition,
        mut each: impl FnMut(&Line<E>),
    ) -> Result<Self, JournalError> {
        beneath::create_dir_all(folder)?;
        check_within(folder, from)?;
        let mut at = from;
        while segment_path(folder, at.segment + 1).exists() {
            let read = read_lines_of(&segment_path(folder, at.segment), at.position, |line, _| {
                each(&line);
            });
            at = SegmentPosition {
                position: read?,
                ..at
            }
            .next();
        }
        let journal = JournalOf::open_from(&segment_path(folder, at.segment), at.position, each)?;
        Ok(Self {
            folder: folder.to_owned(),
            segment: at.segment,
            journal,
            limit: SEGMENT_BYTES,
        })
    }

    /// Appends an event. No effect of it may start before [`sync`](Self::sync).
    pub fn append(&mut self, event: &E, at: Timestamp) -> Result<(), JournalError> {
        if self.limit <= self.journal.position().offset {
            self.begin_segment()?;
        }
        Ok(self.journal.append(event, at)?)
    }

    /// Puts every appended line on disk.
    pub fn sync(&mut self) -> io::Result<()> {
        self.journal.sync()
    }

    /// Returns the position behind the last line.
    pub fn position(&self) -> SegmentPosition {
        SegmentPosition {
            segment: self.segment,
            position: self.journal.position(),
        }
    }

    fn begin_segment(&mut self) -> Result<(), JournalError> {
        self.journal.sync()?;
        crash::point("segment: before the next one");
        let next = self.position().next();
        self.journal = JournalOf::open_from(
            &segment_path(&self.folder, next.segment),
            next.position,
            |_| (),
        )?;
        self.segment = next.segment;
        beneath::sync_folder(&self.folder)?;
        crash::point("segment: begun");
        Ok(())
    }

    #[cfg(test)]
    fn set_limit(&mut self, limit: u64) {
        self.limit = limit;
    }
}

/// Passes every line behind `from` to `each` without changing anything, and returns the position behind the last one.
pub fn read_segments<E: DeserializeOwned>(
    folder: &Utf8Path,
    from: SegmentPosition,
    mut each: impl FnMut(&Line<E>),
) -> Result<SegmentPosition, JournalError> {
    check_within(folder, from)?;
    let mut at = from;
    loop {
        let file = segment_path(folder, at.segment);
        match read_lines_of(&file, at.position, |line, _| each(&line)) {
            Ok(position) => at.position = position,
            Err(JournalError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        if !segment_path(folder, at.segment + 1).exists() {
            return Ok(at);
        }
        at = at.next();
    }
}

/// Reads as [`read_segments`] does, but no more than so many bytes, or one line. Returns the position behind the last line
/// read, which is `from` where there is no more.
pub fn read_segments_chunk<E: DeserializeOwned>(
    folder: &Utf8Path,
    from: SegmentPosition,
    bytes: u64,
    mut each: impl FnMut(Line<E>),
) -> Result<SegmentPosition, JournalError> {
    check_within(folder, from)?;
    let mut at = from;
    loop {
        let file = segment_path(folder, at.segment);
        match read_chunk(&file, at.position, bytes, &mut each) {
            Ok(position) if position != at.position => {
                return Ok(SegmentPosition { position, ..at });
            }
            Ok(_) => {}
            Err(JournalError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        if !segment_path(folder, at.segment + 1).exists() {
            return Ok(at);
        }
        at = at.next();
    }
}

/// A position behind the end of its segment is of another journal.
fn check_within(folder: &Utf8Path, from: SegmentPosition) -> Result<(), JournalError> {
    let path = segment_path(folder, from.segment);
    let length = match fs_err::metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        about => about?.len(),
    };
    if from.position.offset <= length {
        return Ok(());
    }
    Err(JournalError::Damaged {
        path,
        line: from.position.seq,
        why: "it ends before that line".to_owned(),
    })
}

/// Returns the number of the last segment; 0, if there is none.
pub fn last_segment(folder: &Utf8Path) -> u32 {
    let entries = fs_err::read_dir(folder).into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let number = name.strip_prefix("events-")?.strip_suffix(".jsonl")?;
        number.parse().ok()
    });
    numbers.max().unwrap_or(0)
}

/// Returns the file of a segment.
pub fn segment_path(folder: &Utf8Path, segment: u32) -> Utf8PathBuf {
    folder.join(format!("events-{segment:06}.jsonl"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use fs_err as fs;

    fn scratch() -> (tempfile::TempDir, Utf8PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(folder.path().join("supervisor")).unwrap();
        (folder, path)
    }

    fn open(folder: &Utf8Path, from: SegmentPosition) -> (Segments<u32>, Vec<u32>) {
        let mut read = Vec::new();
        let mut journal = Segments::open(folder, from, |line| read.push(line.event)).unwrap();
        journal.set_limit(400);
        (journal, read)
    }

    fn numbers(folder: &Utf8Path, from: SegmentPosition) -> Result<Vec<u32>, JournalError> {
        let mut read = Vec::new();
        read_segments(folder, from, |line| read.push(line.event)).map(|_| read)
    }

    #[test]
    fn a_journal_continues_in_the_next_segment_and_is_read_as_one() {
        let (_scratch, folder) = scratch();
        let all: Vec<u32> = (0..40).collect();
        let mut middle = SegmentPosition::default();
        for chunk in all.chunks(7) {
            let (mut journal, _) = open(&folder, SegmentPosition::default());
            for number in chunk {
                journal.append(number, clock::now()).unwrap();
                if *number == 19 {
                    middle = journal.position();
                }
            }
            journal.sync().unwrap();
        }
        assert!(3 < open(&folder, SegmentPosition::default()).0.segment);
        assert_eq!(open(&folder, SegmentPosition::default()).1, all);
        assert_eq!(numbers(&folder, SegmentPosition::default()).unwrap(), all);
        assert_eq!(open(&folder, middle).1, all[20..]);
        assert_eq!(numbers(&folder, middle).unwrap(), all[20..]);
    }

    #[test]
    fn a_segment_of_another_journal_is_damage() {
        let (_scratch, folder) = scratch();
        let (_other, other) = scratch();
        for (folder, first) in [(&folder, 0), (&other, 100)] {
            let (mut journal, _) = open(folder, SegmentPosition::default());
            for number in first..first + 20 {
                journal.append(&number, clock::now()).unwrap();
            }
        }
        fs::copy(segment_path(&other, 2), segment_path(&folder, 2)).unwrap();
        let damaged = numbers(&folder, SegmentPosition::default());
        assert!(
            matches!(damaged, Err(JournalError::Damaged { .. })),
            "{damaged:?}"
        );
    }

    #[test]
    fn a_position_behind_the_end_is_refused() {
        let (_scratch, folder) = scratch();
        let (mut journal, _) = open(&folder, SegmentPosition::default());
        journal.append(&1, clock::now()).unwrap();
        let mut behind = journal.position();
        drop(journal);
        behind.position.offset += 1;
        let opened = Segments::<u32>::open(&folder, behind, |_| ());
        assert!(matches!(opened, Err(JournalError::Damaged { .. })));
        assert!(numbers(&folder, behind).is_err());
        assert_eq!(numbers(&folder, SegmentPosition::default()).unwrap(), [1]);
    }

    #[test]
    fn a_segment_has_one_writer() {
        let (_scratch, folder) = scratch();
        let (_first, _) = open(&folder, SegmentPosition::default());
        let second = Segments::<u32>::open(&folder, SegmentPosition::default(), |_| ());
        assert!(matches!(second, Err(JournalError::Held { .. })));
    }
}
