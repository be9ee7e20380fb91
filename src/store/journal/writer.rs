//! Writes a journal.
use super::error::JournalError;
use super::lock::lock;
use super::position::Position;
use super::reader::read_from;
use crate::model::{Event, Line};
use crate::store::crash;
use crate::store::disk::{Disk, RealDisk, Unsynced};
use crate::store::lock::FileLock;
use camino::Utf8Path;
use fs_err as fs;
use jiff::Timestamp;
use serde::Serialize;
use std::io::{self, Write as _};
use std::sync::Arc;

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

impl Journal {
    /// Opens a journal for writing, creates it if there is none, and passes every line in it to `each`.
    ///
    /// An incomplete last line is cut off: its write never finished, so nothing followed from it.
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

    /// Appends an event. No effect of it may start before [`sync`](Self::sync).
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
        // One write per line. What a full disk leaves of it is cut off, now or when the journal is next opened.
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
    pub(crate) fn unsynced(&self) -> Option<Unsynced> {
        (self.synced != self.position)
            .then(|| Unsynced::new(Arc::clone(&self.file), Arc::clone(&self.disk)))
    }

    /// Records the result of a sync. Lines that may not be on disk are cut off.
    pub(crate) fn finish_sync(&mut self, synced: io::Result<()>) -> io::Result<()> {
        if synced.is_ok() {
            self.synced = self.position;
        } else {
            let _ = self.file.set_len(self.synced.offset);
            self.position = self.synced;
        }
        synced
    }

    #[cfg(test)]
    pub(crate) fn set_disk(&mut self, disk: Arc<dyn Disk>) {
        self.disk = disk;
    }

    /// Returns the position behind the last line.
    pub fn position(&self) -> Position {
        self.position
    }
}

/// A [`Line`] that borrows its event.
#[derive(Serialize)]
struct Written<'a> {
    v: u32,
    seq: u64,
    at: Timestamp,
    event: &'a Event,
}
