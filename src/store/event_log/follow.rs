//! Follows the log from file to file.
use super::head::{Filter, Head};
use super::lines::LogEnd;
use super::segment::{DatedFile, Family, all};
use crate::store::beneath;
use crate::store::layout::{StateFile, UserDirs};
use camino::Utf8PathBuf;
use fs_err as fs;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;

/// Most bytes of one read.
const CHUNK: u64 = 1 << 20;

/// A reading position in the log.
#[derive(Debug)]
pub struct Follower {
    folder: Utf8PathBuf,
    filter: Filter,
    name: Option<DatedFile>,
    file: Option<fs::File>,
    offset: u64,
    /// The beginning of a line whose end has not been written yet.
    partial: Vec<u8>,
}

impl Follower {
    /// Follows what comes behind a position; all that comes, if there is no log yet.
    pub fn new(dirs: &UserDirs, filter: Filter, end: &LogEnd) -> io::Result<Self> {
        let folder = dirs.state_file(StateFile::Log);
        let files = all(&folder, Family::Events)?;
        let name = files.into_iter().find(|file| file.name() == end.file);
        let file = match name {
            Some(name) => beneath::open_if_there(&name.path(&folder))?,
            None => None,
        };
        Ok(Self {
            folder,
            filter,
            name,
            file,
            offset: end.offset,
            partial: Vec::new(),
        })
    }

    /// Passes on the wanted lines that are new, as long as `each` returns true, and returns whether it did to the end.
    pub fn poll(&mut self, mut each: impl FnMut(&[u8]) -> bool) -> io::Result<bool> {
        loop {
            if !self.read(&mut each)? {
                return Ok(false);
            }
            let Some(next) = self.next_file()? else {
                return Ok(true);
            };
            let file = beneath::open_if_there(&next.path(&self.folder))?;
            if file.is_none() {
                return Ok(true);
            }
            self.file = file;
            self.name = Some(next);
            self.offset = 0;
            self.partial.clear();
        }
    }

    fn read(&mut self, each: &mut impl FnMut(&[u8]) -> bool) -> io::Result<bool> {
        let Some(file) = &mut self.file else {
            return Ok(true);
        };
        file.seek(SeekFrom::Start(self.offset))?;
        loop {
            let mut chunk = Vec::new();
            let read = file.take(CHUNK).read_to_end(&mut chunk)?;
            if read == 0 {
                return Ok(true);
            }
            self.offset += read as u64;
            for part in chunk.split_inclusive(|byte| *byte == b'\n') {
                self.partial.extend_from_slice(part);
                if self.partial.pop_if(|last| *last == b'\n').is_none() {
                    continue;
                }
                let wanted = Head::read(&self.partial).is_some_and(|it| self.filter.wants(&it));
                let goes_on = !wanted || each(&self.partial);
                self.partial.clear();
                if !goes_on {
                    return Ok(false);
                }
            }
        }
    }

    /// Returns the file to continue with, if this one is over or was removed.
    fn next_file(&self) -> io::Result<Option<DatedFile>> {
        let files = all(&self.folder, Family::Events)?;
        let Some(name) = self.name else {
            return Ok(files.first().copied());
        };
        if let Some(next) = files.iter().find(|file| name < **file) {
            return Ok(Some(*next));
        }
        let ours = self.file.as_ref().map(fs::File::metadata).transpose()?;
        let there = fs::metadata(name.path(&self.folder));
        let (Some(ours), Ok(there)) = (ours, there) else {
            // It was deleted: what is written now is in the newest file.
            return Ok(files.last().copied());
        };
        // Another file of that name, or one that was emptied, begins again.
        let is_other = ours.ino() != there.ino() || there.len() < self.offset;
        Ok(is_other.then_some(name))
    }
}
