//! Writes a journal.
use super::copy::JournalCopy;
use super::error::JournalError;
use super::line;
use super::lock::lock;
use super::position::Position;
use super::reader::lines_of;
use crate::model::{Event, Line};
use crate::store::disk::{Disk, RealDisk, Unsynced};
use crate::store::lock::FileLock;
use crate::store::{beneath, crash, fault};
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, BufReader, Seek as _, SeekFrom};
use std::marker::PhantomData;
use std::os::unix::fs::MetadataExt as _;
use std::sync::Arc;

/// The writer of a session's journal.
pub type Journal = JournalOf<Event>;

/// The writer of a journal of facts of one kind; there is at most one.
#[derive(Debug)]
pub struct JournalOf<E> {
    pub(super) path: Utf8PathBuf,
    pub(super) file: Arc<fs::File>,
    /// The file's device and number there.
    pub(super) inode: (u64, u64),
    pub(super) lock: FileLock,
    pub(super) position: Position,
    /// The end of what has been synced.
    pub(super) synced: Position,
    /// The second name of the file, if it has one.
    pub(super) link: Option<Utf8PathBuf>,
    pub(super) copy: Option<JournalCopy>,
    /// When the file was last written to, if that is known.
    pub(super) changed: Option<(i64, i64)>,
    buffer: Vec<u8>,
    disk: Arc<dyn Disk>,
    facts: PhantomData<fn(E)>,
}

impl<E: Serialize + DeserializeOwned> JournalOf<E> {
    /// Opens a journal for writing, creates it if there is none, and passes every line in it to `each`.
    ///
    /// An incomplete last line is cut off: its write never finished, so nothing followed from it.
    pub fn open(path: &Utf8Path, each: impl FnMut(&Line<E>)) -> Result<Self, JournalError> {
        Self::open_from(path, Position::default(), each)
    }

    /// Opens a journal as [`open`](Self::open) does, and reads it from a position on. Its first line comes after the
    /// position's, which may be of another file.
    pub(super) fn open_from(
        path: &Utf8Path,
        from: Position,
        mut each: impl FnMut(&Line<E>),
    ) -> Result<Self, JournalError> {
        let mut file = beneath::append(path)?;
        crash::point("journal: opened");
        let Some(lock) = lock(&file)? else {
            return Err(JournalError::Held {
                path: path.to_owned(),
            });
        };
        file.seek(SeekFrom::Start(from.offset))?;
        let (position, read) = lines_of(BufReader::new(&file), path, from, |line, _| each(&line));
        read?;
        if position.offset < file.metadata()?.len() {
            file.set_len(position.offset)?;
            file.sync_data()?;
        }
        let about = file.metadata()?;
        let mut journal = Self {
            path: path.to_owned(),
            file: Arc::new(file),
            inode: (about.dev(), about.ino()),
            lock,
            position,
            synced: position,
            link: None,
            copy: None,
            changed: None,
            buffer: Vec::new(),
            disk: Arc::new(RealDisk),
            facts: PhantomData,
        };
        journal.note_change()?;
        Ok(journal)
    }

    /// Gives the journal a second name and a copy, so that it survives what happens to its folder.
    pub(in crate::store) fn keep(
        &mut self,
        link: &Utf8Path,
        copy: &Utf8Path,
    ) -> Result<(), JournalError> {
        let linked = beneath::link(&self.path, link);
        crash::point("journal: linked");
        let mut text = beneath::read(&self.path)?;
        // What others appended since it was read is not copied.
        text.truncate(usize::try_from(self.position.offset).unwrap_or(usize::MAX));
        let copy_path = copy;
        let copy = JournalCopy::open(copy, &text, linked.is_ok())?;
        if copy.is_none() {
            return Err(JournalError::Held {
                path: copy_path.to_owned(),
            });
        }
        self.copy = copy;
        match linked {
            Ok(()) => self.link = Some(link.to_owned()),
            Err(error) => {
                tracing::info!(%error, "the journal has no second name; its copy is written with each line");
            }
        }
        self.note_change()?;
        Ok(())
    }

    /// Appends an event. No effect of it may start before [`sync`](Self::sync).
    pub fn append(&mut self, event: &E, at: Timestamp) -> io::Result<()> {
        let behind = line::write(&mut self.buffer, self.position, event, at)?;
        crash::point("journal: before a line");
        // One write per line. What a full disk leaves of it is cut off, now or when the journal is next opened.
        if let Err(error) = fault::write_all(&*self.file, &self.buffer) {
            let _ = self.file.set_len(self.position.offset);
            self.changed = None;
            return Err(error);
        }
        crash::point("journal: written");
        self.position = behind;
        self.note_change()?;
        if let Some(copy) = &mut self.copy {
            copy.push(&self.buffer);
        }
        Ok(())
    }

    /// Puts every appended line on disk.
    pub fn sync(&mut self) -> io::Result<()> {
        let synced = self.unsynced().map_or(Ok(()), |unsynced| unsynced.sync());
        self.finish_sync(synced)
    }

    /// Returns the lines to sync, if there are any. [`finish_sync`](Self::finish_sync) comes before the next line.
    pub(crate) fn unsynced(&self) -> Option<Unsynced> {
        (self.synced != self.position)
            .then(|| Unsynced::new(Arc::clone(&self.file), Arc::clone(&self.disk)))
    }

    /// Records the result of a sync. Lines that may not be on disk are cut off.
    pub(crate) fn finish_sync(&mut self, synced: io::Result<()>) -> io::Result<()> {
        if synced.is_ok() {
            self.synced = self.position;
            if let Some(copy) = &mut self.copy {
                copy.synced();
            }
        } else {
            let _ = self.file.set_len(self.synced.offset);
            self.changed = None;
            self.position = self.synced;
            if let Some(copy) = &mut self.copy {
                copy.cut(self.synced.offset);
            }
        }
        synced
    }

    /// Whether the file is as this writer left it, under its own name.
    pub(super) fn is_intact(&self) -> bool {
        std::fs::symlink_metadata(self.path.as_std_path()).is_ok_and(|there| {
            there.len() == self.position.offset
                && self.is_ours(&there)
                && self
                    .changed
                    .is_none_or(|ours| ours == (there.mtime(), there.mtime_nsec()))
        })
    }

    pub(super) fn is_ours(&self, there: &std::fs::Metadata) -> bool {
        (there.dev(), there.ino()) == self.inode
    }

    /// Remembers when the file was last written to.
    pub(super) fn note_change(&mut self) -> io::Result<()> {
        let about = self.file.metadata()?;
        self.changed = Some((about.mtime(), about.mtime_nsec()));
        Ok(())
    }

    /// Replaces the disk, so that a test can count or delay its syncs.
    pub(crate) fn set_disk(&mut self, disk: Arc<dyn Disk>) {
        self.disk = disk;
    }

    /// Returns the position behind the last line.
    pub fn position(&self) -> Position {
        self.position
    }
}
