//! Append-only record of what happened in a session: `events.jsonl`, one [`Line`] a line.
//!
//! A fact is on disk before anything is done about it. The file is locked for as long as its writer lives, so
//! that even a deleted lock file never yields two writers.
use super::crash;
use super::disk::{Disk, RealDisk, Unsynced};
use super::lock::FileLock;
use crate::clock;
use crate::model::{Event, Line};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead as _, BufReader, Seek as _, SeekFrom, Write as _};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;

/// Why a journal cannot be used.
#[derive(Debug, Error)]
pub enum JournalError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("{path}:{line}: the journal is damaged: {why}")]
    Damaged {
        path: Utf8PathBuf,
        line: u64,
        why: String,
    },
    #[error(
        "{path}:{line}: written by a newer version of ap (format {found}, this one writes {})",
        Line::VERSION
    )]
    Newer {
        path: Utf8PathBuf,
        line: u64,
        found: u32,
    },
    #[error("{path} is being written by another runner")]
    Held { path: Utf8PathBuf },
}

/// Longer than a process other than the writer holds the lock.
const AN_INSTANT: Duration = Duration::from_millis(500);

/// The writer of a journal; there is at most one.
#[derive(Debug)]
pub struct Journal {
    file: Arc<fs::File>,
    _lock: FileLock,
    position: Position,
    /// The end of what has been synced.
    synced: Position,
    buffer: Vec<u8>,
    disk: Arc<dyn Disk>,
}

/// A position in a journal, just behind a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Bytes before it.
    pub offset: u64,
    /// Lines before it.
    pub seq: u64,
}

impl Journal {
    /// Opens a journal for writing, makes it if there is none, and gives every line in it to `each`.
    ///
    /// A torn last line, which was never believed, is cut off.
    pub fn open(path: &Utf8Path, each: impl FnMut(&Line)) -> Result<Self, JournalError> {
        let file = fs::OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)?;
        crash::point("journal: opened");
        let Some(lock) = lock(&file)? else {
            return Err(JournalError::Held {
                path: path.to_owned(),
            });
        };
        let position = read_from(path, Position::default(), each)?;
        if position.offset < file.metadata()?.len() {
            file.set_len(position.offset)?;
            file.sync_data()?;
        }
        Ok(Self {
            file: Arc::new(file),
            _lock: lock,
            position,
            synced: position,
            buffer: Vec::new(),
            disk: Arc::new(RealDisk),
        })
    }

    /// Appends a fact. Nothing may be done about it before [`sync`](Self::sync).
    pub fn append(&mut self, event: &Event, at: Timestamp) -> io::Result<()> {
        self.buffer.clear();
        let line = Written {
            v: Line::VERSION,
            seq: self.position.seq + 1,
            at,
            event,
        };
        serde_json::to_writer(&mut self.buffer, &line)?;
        self.buffer.push(b'\n');
        crash::point("journal: before a line");
        // One write for one line. What a full disk leaves of it is taken away again, now or when the journal is next opened.
        if let Err(error) = (&*self.file).write_all(&self.buffer) {
            let _ = self.file.set_len(self.position.offset);
            return Err(error);
        }
        crash::point("journal: written");
        self.position = Position {
            offset: self.position.offset + self.buffer.len() as u64,
            seq: self.position.seq + 1,
        };
        Ok(())
    }

    /// Puts every appended line on disk.
    pub fn sync(&mut self) -> io::Result<()> {
        let synced = self.unsynced().map_or(Ok(()), |unsynced| unsynced.sync());
        self.finish_sync(synced)
    }

    /// Returns the lines to sync, if there are any. [`finish_sync`](Self::finish_sync) comes before the next line.
    pub(super) fn unsynced(&self) -> Option<Unsynced> {
        (self.synced != self.position)
            .then(|| Unsynced::new(Arc::clone(&self.file), Arc::clone(&self.disk)))
    }

    /// Takes note of how a sync went. Lines that may not be on disk are cut off.
    pub(super) fn finish_sync(&mut self, synced: io::Result<()>) -> io::Result<()> {
        if synced.is_ok() {
            self.synced = self.position;
        } else {
            let _ = self.file.set_len(self.synced.offset);
            self.position = self.synced;
        }
        synced
    }

    #[cfg(test)]
    pub(super) fn set_disk(&mut self, disk: Arc<dyn Disk>) {
        self.disk = disk;
    }

    /// Returns the position behind the last line.
    pub fn position(&self) -> Position {
        self.position
    }
}

/// Whether a living runner writes the journal, lock file or not. To be called under the session's lock.
pub fn is_held(path: &Utf8Path) -> io::Result<bool> {
    match fs::File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        file => Ok(lock(&file?)?.is_none()),
    }
}

/// Locks a journal. A process that waits for a runner's end holds it for an instant, and so does a starting shim.
fn lock(file: &fs::File) -> io::Result<Option<FileLock>> {
    let mut taken = FileLock::try_exclusive(file);
    clock::wait_until(AN_INSTANT, || {
        if matches!(taken, Ok(None)) {
            taken = FileLock::try_exclusive(file);
        }
        !matches!(taken, Ok(None))
    });
    taken
}

/// A [`Line`] that borrows its event.
#[derive(Serialize)]
struct Written<'a> {
    v: u32,
    seq: u64,
    at: Timestamp,
    event: &'a Event,
}

/// Gives every line behind `from` to `each` and returns the position behind the last whole one. Changes nothing.
pub fn read_from(
    path: &Utf8Path,
    from: Position,
    mut each: impl FnMut(&Line),
) -> Result<Position, JournalError> {
    read_lines(path, from, |line, _| each(&line))
}

/// Does the same, and gives with every line the position behind it.
pub(super) fn read_lines(
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
    /// What every format has, however new.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch() -> (tempfile::TempDir, Utf8PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(folder.path().join("events.jsonl")).unwrap();
        (folder, path)
    }

    fn seen(path: &Utf8Path) -> Result<Vec<Event>, JournalError> {
        let mut seen = Vec::new();
        read_from(path, Position::default(), |line| {
            seen.push(line.event.clone())
        })
        .map(|_| seen)
    }

    fn write(path: &Utf8Path, events: &[Event]) {
        let mut journal = Journal::open(path, |_| ()).unwrap();
        for event in events {
            journal.append(event, clock::now()).unwrap();
        }
        journal.sync().unwrap();
    }

    #[test]
    fn appended_events_are_read_back() {
        let (_folder, path) = scratch();
        write(&path, &[Event::WaitEnded, Event::PauseRequested]);
        write(&path, &[Event::ContinueRequested]);
        assert_eq!(
            seen(&path).unwrap(),
            [
                Event::WaitEnded,
                Event::PauseRequested,
                Event::ContinueRequested
            ]
        );
    }

    #[test]
    fn a_torn_last_line_is_cut_off_wherever_it_tore() {
        let (_folder, path) = scratch();
        write(&path, &[Event::WaitEnded, Event::PauseRequested]);
        let whole = fs::read(&path).unwrap();
        let first = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        for cut in first..whole.len() {
            let mut torn = whole[..cut].to_vec();
            torn.extend(b"\0\0");
            crate::store::atomic::replace(&path, &torn).unwrap();
            assert_eq!(seen(&path).unwrap(), [Event::WaitEnded]);
            write(&path, &[Event::ContinueRequested]);
            assert_eq!(
                seen(&path).unwrap(),
                [Event::WaitEnded, Event::ContinueRequested],
                "cut at {cut}"
            );
        }
    }

    #[test]
    fn a_damaged_middle_is_reported_with_its_line() {
        let (_folder, path) = scratch();
        write(
            &path,
            &[Event::WaitEnded, Event::PauseRequested, Event::WaitEnded],
        );
        let text = fs::read_to_string(&path)
            .unwrap()
            .replace("pause_requested", "pause_reque}ted");
        crate::store::atomic::replace(&path, text.as_bytes()).unwrap();
        let error = Journal::open(&path, |_| ()).unwrap_err().to_string();
        assert!(
            error.contains("events.jsonl:2: the journal is damaged"),
            "{error}"
        );
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            text,
            "a damaged journal is left as it is"
        );
    }

    #[test]
    fn a_missing_line_is_damage() {
        let (_folder, path) = scratch();
        write(
            &path,
            &[Event::WaitEnded, Event::PauseRequested, Event::WaitEnded],
        );
        let kept: String = fs::read_to_string(&path)
            .unwrap()
            .lines()
            .enumerate()
            .filter(|(n, _)| *n != 1)
            .map(|(_, line)| format!("{line}\n"))
            .collect();
        crate::store::atomic::replace(&path, kept.as_bytes()).unwrap();
        assert!(seen(&path).unwrap_err().to_string().contains(":2: "));
    }

    #[test]
    fn a_newer_format_is_never_written() {
        let (_folder, path) = scratch();
        crate::store::atomic::replace(&path, b"{\"v\":2,\"seq\":1,\"what\":\"ever\"}\n").unwrap();
        assert!(matches!(
            Journal::open(&path, |_| ()),
            Err(JournalError::Newer { found: 2, .. })
        ));
    }

    #[test]
    fn there_is_one_writer() {
        let (_folder, path) = scratch();
        let first = Journal::open(&path, |_| ()).unwrap();
        assert!(matches!(
            Journal::open(&path, |_| ()),
            Err(JournalError::Held { .. })
        ));
        drop(first);
        assert!(Journal::open(&path, |_| ()).is_ok());
    }
}
