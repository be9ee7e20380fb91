//! A file that grows, read from any place on in bounded pieces.
use crate::store::last_lines;
use camino::Utf8Path;
use fs_err as fs;
use std::io::{self, Read as _, Seek as _, SeekFrom};

/// Most bytes given out at once.
const PIECE: u64 = 64 * 1024;

/// What is in a file and has not been read yet.
#[derive(Debug)]
pub(super) struct Growing {
    file: fs::File,
    piece: Vec<u8>,
    /// A line whose end has not been written yet.
    begun: Vec<u8>,
}

impl Growing {
    pub(super) fn open(path: &Utf8Path) -> io::Result<Self> {
        Ok(Self {
            file: fs::File::open(path)?,
            piece: Vec::new(),
            begun: Vec::new(),
        })
    }

    pub(super) fn length(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// Goes to where the last `count` lines begin, and tells where that is; 0 stands for all of them.
    pub(super) fn go_to_last_lines(&mut self, count: usize) -> io::Result<u64> {
        let start = if count == 0 {
            0
        } else {
            last_lines::start(&mut self.file, count)?
        };
        self.file.seek(SeekFrom::Start(start))
    }

    /// Gives everything up to the end to `each`, for as long as that returns `true`. Tells whether it did to the last.
    pub(super) fn read(&mut self, mut each: impl FnMut(&[u8]) -> bool) -> io::Result<bool> {
        loop {
            self.piece.clear();
            self.file
                .by_ref()
                .take(PIECE)
                .read_to_end(&mut self.piece)?;
            if self.piece.is_empty() {
                return Ok(true);
            }
            if !each(&self.piece) {
                return Ok(false);
            }
        }
    }

    /// The same by whole lines, without their ends. What stands behind the last line end waits for its own.
    pub(super) fn read_lines(&mut self, mut each: impl FnMut(&[u8]) -> bool) -> io::Result<bool> {
        let mut begun = std::mem::take(&mut self.begun);
        let read = self.read(|piece| {
            for part in piece.split_inclusive(|byte| *byte == b'\n') {
                begun.extend_from_slice(part);
                if begun.pop_if(|last| *last == b'\n').is_some() {
                    if !each(&begun) {
                        return false;
                    }
                    begun.clear();
                }
            }
            true
        });
        self.begun = begun;
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn a_line_is_given_once_and_only_when_it_is_whole() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let mut growing = Growing::open(Utf8Path::from_path(file.path()).unwrap()).unwrap();
        let mut lines = || {
            let mut lines = Vec::new();
            growing
                .read_lines(|line| {
                    lines.push(String::from_utf8_lossy(line).into_owned());
                    true
                })
                .unwrap();
            lines
        };
        file.write_all(b"one\ntw").unwrap();
        assert_eq!(lines(), ["one"]);
        assert!(lines().is_empty());
        file.write_all(b"o\n\nthree").unwrap();
        assert_eq!(lines(), ["two", ""]);
    }
}
