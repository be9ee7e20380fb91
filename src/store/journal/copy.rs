//! A copy of a journal outside the folder that `git clean` and the like remove: from it a journal that was emptied, cut or
//! changed is put right.
use crate::store::lock::FileLock;
use crate::store::{beneath, crash, fault};
use camino::Utf8Path;
use fs_err as fs;
use std::io::{self, Read as _, Seek as _, SeekFrom};

/// How many bytes are kept in memory before they are written: so the copy costs one write for many lines.
const BATCH: usize = 32 * 1024;

/// A copy that a journal's writer keeps.
#[derive(Debug)]
pub(super) struct JournalCopy {
    file: fs::File,
    /// Shows another process that the writer lives, whatever was removed.
    _lock: FileLock,
    /// Bytes in the file.
    length: u64,
    /// What comes behind them.
    tail: Vec<u8>,
    batch: usize,
}

impl JournalCopy {
    /// Opens the copy of a journal and makes it what the journal is. `None`, if another process holds it. A copy that is
    /// all there is, since the journal has no second name, is never behind.
    pub(super) fn open(
        path: &Utf8Path,
        journal: &[u8],
        is_linked: bool,
    ) -> io::Result<Option<Self>> {
        let mut file = beneath::append(path)?;
        let Some(lock) = super::lock::lock(&file)? else {
            return Ok(None);
        };
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        crash::point("journal's copy: opened");
        if !journal.starts_with(&text) {
            file.set_len(0)?;
            text.clear();
        }
        fault::write_all(&mut file, &journal[text.len()..])?;
        crash::point("journal's copy: complete");
        Ok(Some(Self {
            file,
            _lock: lock,
            length: journal.len() as u64,
            tail: Vec::new(),
            batch: if is_linked { BATCH } else { 0 },
        }))
    }

    /// Adds a line.
    pub(super) fn push(&mut self, line: &[u8]) {
        self.tail.extend_from_slice(line);
    }

    /// Removes lines that did not reach the journal.
    pub(super) fn cut(&mut self, offset: u64) {
        let tail = usize::try_from(offset.saturating_sub(self.length)).unwrap_or(usize::MAX);
        self.tail.truncate(tail);
    }

    /// Writes what has been synced, once it is worth it.
    pub(super) fn synced(&mut self) {
        if self.batch <= self.tail.len() {
            self.flush();
        }
    }

    /// Writes what is left. A copy that cannot be written stays behind, and the rest is kept.
    pub(super) fn flush(&mut self) {
        if self.tail.is_empty() {
            return;
        }
        match fault::write_all(&mut self.file, &self.tail) {
            Ok(()) => {
                self.length += self.tail.len() as u64;
                self.tail.clear();
            }
            Err(error) => {
                tracing::warn!(%error, "the journal's copy could not be written");
                let _ = self.file.set_len(self.length);
            }
        }
    }

    /// Returns the whole text.
    pub(super) fn text(&mut self) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        self.file.seek(SeekFrom::Start(0))?;
        self.file.read_to_end(&mut text)?;
        text.truncate(usize::try_from(self.length).unwrap_or(usize::MAX));
        text.extend_from_slice(&self.tail);
        Ok(text)
    }
}

impl Drop for JournalCopy {
    fn drop(&mut self) {
        self.flush();
    }
}
