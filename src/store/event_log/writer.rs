//! Appends lines to the log of everything, with their index.
use super::head::Head;
use super::index::{Index, MAGIC, RECORD, Record};
use super::lines::{LogEnd, read_line, read_lines};
use super::segment::{DatedFile, Family, all, newest};
use crate::store::layout::{StateFile, UserDirs};
use crate::store::lock::FileLock;
use crate::store::{beneath, crash, roots};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::io::{self, Seek as _, SeekFrom, Write as _};

/// How long a file becomes before the next one begins.
const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;

/// A line to append.
#[derive(Clone, Debug)]
pub struct Entry {
    /// JSON without a line end.
    pub text: Vec<u8>,
}

/// The writer of the log; there is at most one.
#[derive(Debug)]
pub struct EventLog {
    folder: Utf8PathBuf,
    current: Option<Current>,
    limit: u64,
    _lock: FileLock,
}

/// The file that is appended to.
#[derive(Debug)]
struct Current {
    name: DatedFile,
    file: fs::File,
    index: fs::File,
    length: u64,
}

impl EventLog {
    /// Opens the log for writing, as soon as no other process has it. A line that was cut off is removed, and the index is
    /// made to fit the file.
    pub fn open(dirs: &UserDirs) -> io::Result<Self> {
        roots::create_state_dir(dirs)?;
        let folder = dirs.state_file(StateFile::Log);
        beneath::create_dir_all(&folder)?;
        let lock = beneath::open_or_create(&dirs.state_file(StateFile::EventsLock))?;
        let lock = FileLock::exclusive(&lock)?;
        let current = newest(&folder, Family::Events)?
            .map(|name| Current::open(&folder, name))
            .transpose()?;
        Ok(Self {
            folder,
            current,
            limit: SEGMENT_BYTES,
            _lock: lock,
        })
    }

    pub fn folder(&self) -> &Utf8Path {
        &self.folder
    }

    /// Returns the position behind the last line.
    pub fn end(&self) -> LogEnd {
        self.current
            .as_ref()
            .map_or_else(LogEnd::default, |it| LogEnd {
                file: it.name.name(),
                offset: it.length,
            })
    }

    /// Whether the file that is appended to was removed or replaced by others.
    pub fn is_gone(&self) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        self.current.as_ref().is_some_and(|it| {
            let there = fs::metadata(it.name.path(&self.folder));
            let ours = it.file.metadata();
            let same = there.and_then(|there| Ok(there.ino() == ours?.ino()));
            !same.unwrap_or(false)
        })
    }

    /// Appends lines in one write for each file. The last of them is on its way to the disk, but not synced: what a crash
    /// of the machine takes is made again.
    pub fn append(&mut self, entries: &[Entry], now: Timestamp) -> io::Result<()> {
        let today = now.to_zoned(TimeZone::UTC).date();
        let mut rest = entries;
        while !rest.is_empty() {
            let limit = self.limit;
            let current = self.current_on(today)?;
            let room = limit.saturating_sub(current.length);
            let mut bytes = 0_u64;
            let fits = rest.iter().take_while(|entry| {
                let fits = bytes < room;
                bytes += entry.text.len() as u64 + 1;
                fits
            });
            let (now_ones, later) = rest.split_at(fits.count().max(1));
            current.append(now_ones)?;
            rest = later;
        }
        Ok(())
    }

    /// Returns the file for lines of a day, beginning it if need be.
    fn current_on(&mut self, today: Date) -> io::Result<&mut Current> {
        let next = match &self.current {
            Some(current) if current.length < self.limit && today <= current.name.day => None,
            Some(current) => Some(current.name.next(today)),
            None => Some(DatedFile {
                family: Family::Events,
                day: today,
                number: 0,
            }),
        };
        if let Some(name) = next {
            crash::point("log: before the next file");
            self.current = Some(Current::open(&self.folder, name)?);
            self.link(name)?;
        }
        self.current
            .as_mut()
            .ok_or_else(|| io::Error::other("the log has no file"))
    }

    /// Makes `events.jsonl` a link to a file.
    fn link(&self, name: DatedFile) -> io::Result<()> {
        let (link, draft) = (
            self.folder.join("events.jsonl"),
            self.folder.join(".events.jsonl"),
        );
        let _ = beneath::remove_file(&draft);
        fs::os::unix::fs::symlink(name.name(), &draft)?;
        beneath::rename(&draft, &link)
    }

    /// Passes every line behind a position to `each`, from the first one if the position is of no file that is there.
    /// Returns whether it was of one.
    pub fn read_behind(
        &self,
        position: &LogEnd,
        mut each: impl FnMut(&Head<'_>),
    ) -> io::Result<bool> {
        let files = all(&self.folder, Family::Events)?;
        let holds = |file: &DatedFile| {
            let length = fs::metadata(file.path(&self.folder)).map_or(0, |it| it.len());
            file.name() == position.file && position.offset <= length
        };
        let found = files.iter().position(holds);
        for (index, file) in files.iter().enumerate().skip(found.unwrap_or(0)) {
            let from = found
                .filter(|it| *it == index)
                .map_or(0, |_| position.offset);
            read_lines(&file.path(&self.folder), from, |_, line| {
                if let Some(head) = Head::read(line) {
                    each(&head);
                }
            })?;
        }
        Ok(found.is_some())
    }

    #[cfg(test)]
    pub(super) fn set_limit(&mut self, limit: u64) {
        self.limit = limit;
    }
}

impl Current {
    fn open(folder: &Utf8Path, name: DatedFile) -> io::Result<Self> {
        let (path, index_path) = (name.path(folder), name.index_path(folder));
        let mut file = beneath::open_or_create(&path)?;
        let end = indexed_end(&path, &index_path)?;
        let (mut length, mut missing) = (end.offset, Vec::new());
        read_lines(&path, end.offset, |offset, line| {
            length = offset + line.len() as u64;
            // What is no line of ours is kept, and found by reading.
            if let Some(head) = Head::read(line) {
                missing.extend(Record::new(offset, line.len(), &head).bytes());
            }
        })?;
        file.set_len(length)?;
        file.seek(SeekFrom::Start(length))?;
        let mut index = beneath::open_or_create(&index_path)?;
        if end.records == 0 {
            index.set_len(0)?;
            index.write_all(&MAGIC)?;
        } else {
            let bytes = (end.records + 1) * RECORD as u64;
            index.set_len(bytes)?;
            index.seek(SeekFrom::Start(bytes))?;
        }
        index.write_all(&missing)?;
        Ok(Self {
            name,
            file,
            index,
            length,
        })
    }

    fn append(&mut self, entries: &[Entry]) -> io::Result<()> {
        let (mut text, mut records) = (Vec::new(), Vec::new());
        for entry in entries {
            let offset = self.length + text.len() as u64;
            text.extend_from_slice(&entry.text);
            text.push(b'\n');
            if let Some(head) = Head::read(&entry.text) {
                records.extend(Record::new(offset, entry.text.len() + 1, &head).bytes());
            }
        }
        crash::point("log: before lines");
        self.file.write_all(&text)?;
        self.length += text.len() as u64;
        crash::point("log: before their index");
        self.index.write_all(&records)
    }
}

/// How far an index fits its file.
struct IndexedEnd {
    records: u64,
    offset: u64,
}

/// Returns how far an index fits its file. An index that does not begin as the file does, or whose last line is none, fits
/// nowhere.
fn indexed_end(path: &Utf8Path, index_path: &Utf8Path) -> io::Result<IndexedEnd> {
    const NONE: IndexedEnd = IndexedEnd {
        records: 0,
        offset: 0,
    };
    let Some(mut index) = Index::open(index_path)? else {
        return Ok(NONE);
    };
    let mut file = beneath::open(path)?;
    let length = file.metadata()?.len();
    let mut records = index.count;
    while 0 < records {
        let Some(record) = index.record(records - 1)? else {
            return Ok(NONE);
        };
        // A record behind the end of the file is of a line that never reached the disk.
        if record.end() <= length {
            let fits = is_line(&mut file, &record)?;
            let offset = record.end();
            return Ok(if fits {
                IndexedEnd { records, offset }
            } else {
                NONE
            });
        }
        records -= 1;
    }
    Ok(NONE)
}

/// Whether a whole line is where a record says.
fn is_line(file: &mut fs::File, record: &Record) -> io::Result<bool> {
    let line = read_line(file, record)?;
    Ok(line.is_some_and(|line| {
        Head::read(&line)
            .is_some_and(|head| Record::new(record.offset, line.len() + 1, &head) == *record)
    }))
}
