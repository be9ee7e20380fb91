//! Reads a file that grows: what was added since the last read, its last lines, or its last bytes.
use crate::store::beneath;
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use std::io::{self, Read as _, Seek as _, SeekFrom};

mod last_lines;

/// Most bytes passed on at once.
const CHUNK: usize = 64 * 1024;
/// Most bytes of one [`FileTail::poll`], so that the caller stays responsive.
const PER_POLL: u64 = 32 * 1024 * 1024;
/// A backlog larger than this is skipped by those who only show what is new.
const LARGE_BACKLOG: u64 = 1024 * 1024;

/// A reading position in a file that grows. A file that does not exist yet is empty.
#[derive(Debug)]
pub struct FileTail {
    path: Utf8PathBuf,
    file: Option<fs::File>,
    offset: u64,
    /// The beginning of a line whose end has not been written yet.
    partial: Vec<u8>,
}

impl FileTail {
    pub fn new(path: impl Into<Utf8PathBuf>) -> Self {
        Self {
            path: path.into(),
            file: None,
            offset: 0,
            partial: Vec::new(),
        }
    }

    /// The same for a file that was opened already, whatever its name is by now.
    pub fn of(file: fs::File) -> Self {
        Self {
            file: Some(file),
            ..Self::new("")
        }
    }

    /// The same for a file that must exist.
    pub fn open(path: &Utf8Path) -> io::Result<Self> {
        Ok(Self {
            file: Some(beneath::open(path)?),
            ..Self::new(path)
        })
    }

    /// Returns how much has been read.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether everything that the file holds now has been read. One that does not exist holds nothing.
    pub fn is_at_end(&mut self) -> bool {
        self.length().is_ok_and(|length| length <= self.offset)
    }

    /// Returns how long the file is now.
    pub fn length(&mut self) -> io::Result<u64> {
        self.file()?
            .map_or(Ok(0), |file| Ok(file.metadata()?.len()))
    }

    /// Moves to where the last `count` lines begin and returns that offset; 0 stands for all lines.
    pub fn seek_to_last_lines(&mut self, count: usize) -> io::Result<u64> {
        self.offset = match self.file()? {
            Some(file) if 0 < count => last_lines::start(file, count)?,
            Some(_) | None => 0,
        };
        self.partial.clear();
        Ok(self.offset)
    }

    /// Passes on what is new, as long as `each` returns true, and returns whether it did to the end. The end is that
    /// of the file at the call: a writer that is faster than we are does not keep us here.
    pub fn read(&mut self, each: impl FnMut(&[u8]) -> bool) -> io::Result<bool> {
        self.read_at_most(u64::MAX, each)
    }

    /// Passes on what is new, but not more than one poll is allowed to take.
    pub fn poll(&mut self, mut each: impl FnMut(&[u8])) -> io::Result<()> {
        self.read_at_most(PER_POLL, |chunk| {
            each(chunk);
            true
        })
        .map(drop)
    }

    /// The same as [`read`](Self::read) by whole lines, without their ends. What follows the last line end waits for its own.
    pub fn read_lines(&mut self, mut each: impl FnMut(&[u8]) -> bool) -> io::Result<bool> {
        let mut partial = std::mem::take(&mut self.partial);
        let done = self.read(|chunk| {
            chunk.split_inclusive(|byte| *byte == b'\n').all(|part| {
                partial.extend_from_slice(part);
                if partial.pop_if(|last| *last == b'\n').is_none() {
                    return true;
                }
                let wanted = each(&partial);
                partial.clear();
                wanted
            })
        });
        self.partial = partial;
        done
    }

    /// Whether more is unread than is worth showing.
    pub fn has_large_backlog(&mut self) -> bool {
        LARGE_BACKLOG < self.unread()
    }

    /// Skips all that is unread but the last chunk, and returns how many bytes that were.
    pub fn skip_backlog(&mut self) -> u64 {
        let skipped = self.unread().saturating_sub(CHUNK as u64);
        self.offset += skipped;
        skipped
    }

    fn unread(&mut self) -> u64 {
        let offset = self.offset;
        self.length()
            .map_or(0, |length| length.saturating_sub(offset))
    }

    fn file(&mut self) -> io::Result<Option<&mut fs::File>> {
        if self.file.is_none() {
            self.file = beneath::open_if_there(&self.path)?;
        }
        Ok(self.file.as_mut())
    }

    fn read_at_most(&mut self, most: u64, mut each: impl FnMut(&[u8]) -> bool) -> io::Result<bool> {
        let mut left = self.length()?.saturating_sub(self.offset).min(most);
        let start = self.offset;
        let Some(file) = self.file.as_mut().filter(|_| 0 < left) else {
            return Ok(true);
        };
        file.seek(SeekFrom::Start(start))?;
        let chunk_size = |left: u64| usize::try_from(left).map_or(CHUNK, |left| left.min(CHUNK));
        let mut chunk = vec![0; chunk_size(left)];
        while 0 < left {
            let length = file.read(&mut chunk[..chunk_size(left)])?;
            if length == 0 {
                break;
            }
            self.offset += length as u64;
            left = left.saturating_sub(length as u64);
            if !each(&chunk[..length]) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Returns the last `most` bytes of a file as text. A file that cannot be read has none.
pub fn last_text(path: &Utf8Path, most: u64) -> String {
    last_bytes(path, most).map_or_else(
        |_| String::new(),
        |bytes| String::from_utf8_lossy(&bytes).into_owned(),
    )
}

fn last_bytes(path: &Utf8Path, most: u64) -> io::Result<Vec<u8>> {
    let mut file = beneath::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(most)))?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn a_read_ends_where_the_file_ended_when_it_began() {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(folder.path().join("stdout.log")).unwrap();
        let mut writer = fs::File::create(&path).unwrap();
        writer.write_all(&vec![b'x'; 3 * CHUNK]).unwrap();
        let (mut tail, mut reads) = (FileTail::new(path), Vec::new());
        for _ in 0..2 {
            let mut got = 0;
            let done = tail.read(|chunk| {
                assert!(chunk.len() <= CHUNK);
                got += chunk.len();
                if got <= 3 * CHUNK {
                    // As fast as it is read.
                    writer.write_all(chunk).unwrap();
                }
                true
            });
            assert!(done.unwrap());
            reads.push(got);
        }
        assert_eq!(reads, [3 * CHUNK, 3 * CHUNK]);
    }

    #[test]
    fn a_line_is_passed_on_once_and_only_when_it_is_whole() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let mut tail = FileTail::open(Utf8Path::from_path(file.path()).unwrap()).unwrap();
        let mut lines = || {
            let mut lines = Vec::new();
            let read = tail.read_lines(|line| {
                lines.push(String::from_utf8_lossy(line).into_owned());
                true
            });
            assert!(read.unwrap());
            lines
        };
        file.write_all(b"one\ntw").unwrap();
        assert_eq!(lines(), ["one"]);
        assert!(lines().is_empty());
        file.write_all(b"o\n\nthree").unwrap();
        assert_eq!(lines(), ["two", ""]);
    }

    #[test]
    fn a_file_that_does_not_exist_yet_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(folder.path().join("later.log")).unwrap();
        let mut tail = FileTail::new(&path);
        assert!(tail.read(|_| panic!("nothing is there")).unwrap());
        fs::File::create(&path).unwrap().write_all(b"now").unwrap();
        let mut got = Vec::new();
        tail.poll(|chunk| got.extend_from_slice(chunk)).unwrap();
        assert_eq!(got, b"now");
    }

    #[test]
    fn a_file_that_was_never_read_is_at_its_end_only_if_it_is_empty() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let mut tail = FileTail::new(Utf8Path::from_path(file.path()).unwrap());
        assert!(tail.is_at_end());
        file.write_all(b"new").unwrap();
        let mut unread = FileTail::new(Utf8Path::from_path(file.path()).unwrap());
        assert!(!tail.is_at_end() && !unread.is_at_end());
        assert!(unread.read(|_| true).unwrap());
        assert!(unread.is_at_end());
        assert!(FileTail::new("/nonexistent").is_at_end());
    }

    #[test]
    fn the_last_text_of_a_file_is_bounded() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"0123456789").unwrap();
        let path = Utf8Path::from_path(file.path()).unwrap();
        assert_eq!(last_text(path, 4), "6789");
        assert_eq!(last_text(path, 40), "0123456789");
        assert_eq!(last_text(Utf8Path::new("/nonexistent"), 4), "");
    }
}
