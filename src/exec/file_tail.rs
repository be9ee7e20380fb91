//! Files that grow: what an agent has written since we last looked.
use camino::Utf8PathBuf;
use fs_err as fs;
use serde::Deserialize;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::time::{Duration, Instant};

/// Reads what has been added to a file, in bounded pieces.
#[derive(Debug)]
pub struct FileTail {
    path: Utf8PathBuf,
    file: Option<fs::File>,
    offset: u64,
}

/// Most bytes given out at once.
const PIECE: usize = 64 * 1024;
/// Most bytes given out in one look: who reads has other things to look at.
const LOOK: u64 = 32 * 1024 * 1024;
/// More than this, unread, nobody wants to see who only looks on.
const FLOOD: u64 = 1024 * 1024;

impl FileTail {
    pub fn new(path: Utf8PathBuf) -> Self {
        Self {
            path,
            file: None,
            offset: 0,
        }
    }

    /// Gives what is new to `each`, as of now: who writes faster than we read does not keep us here. A file that is not
    /// there yet has nothing new.
    pub fn read(&mut self, each: impl FnMut(&[u8])) {
        self.read_to(u64::MAX, each);
    }

    /// The same, but not everything in one look.
    pub fn look(&mut self, each: impl FnMut(&[u8])) {
        self.read_to(LOOK, each);
    }

    /// Tells whether more is unread than anybody would look at.
    pub fn is_flooded(&mut self) -> bool {
        FLOOD < self.unread()
    }

    /// Passes over all that is unread but the last piece, and returns how many bytes that were.
    pub fn skip(&mut self) -> u64 {
        let skipped = self.unread().saturating_sub(PIECE as u64);
        self.offset += skipped;
        skipped
    }

    fn unread(&mut self) -> u64 {
        if self.file.is_none() {
            self.file = fs::File::open(&self.path).ok();
        }
        let length = self
            .file
            .as_ref()
            .and_then(|file| file.metadata().ok())
            .map_or(0, |meta| meta.len());
        length.saturating_sub(self.offset)
    }

    fn read_to(&mut self, most: u64, mut each: impl FnMut(&[u8])) {
        let unread = self.unread();
        let end = self.offset + unread.min(most);
        let Some(file) = self.file.as_mut().filter(|_| 0 < unread) else {
            return;
        };
        if file.seek(SeekFrom::Start(self.offset)).is_err() {
            return;
        }
        let mut piece = vec![0; PIECE];
        while self.offset < end
            && let Ok(length @ 1..) = file.read(&mut piece)
        {
            self.offset += length as u64;
            each(&piece[..length]);
        }
    }
}

/// Watches an agent's output for a `result` event and for silence.
#[derive(Debug)]
pub struct ResultWatch {
    stdout: FileTail,
    stderr: Utf8PathBuf,
    stderr_length: u64,
    events: bool,
    line: Vec<u8>,
    saw_result: bool,
    last_sign: Instant,
}

/// Longer lines are not results.
const LONGEST_LINE: usize = 8 * 1024 * 1024;

impl ResultWatch {
    pub fn new(stdout: Utf8PathBuf, stderr: Utf8PathBuf, events: bool) -> Self {
        Self {
            stdout: FileTail::new(stdout),
            stderr,
            stderr_length: 0,
            events,
            line: Vec::new(),
            saw_result: false,
            last_sign: Instant::now(),
        }
    }

    /// Takes in what is new.
    pub fn look(&mut self) {
        let before = self.stdout.offset;
        let (line, saw, events) = (&mut self.line, &mut self.saw_result, self.events);
        self.stdout.read(|bytes| {
            for part in bytes
                .split_inclusive(|byte| *byte == b'\n')
                .filter(|_| events)
            {
                if line.len() < LONGEST_LINE {
                    line.extend_from_slice(part);
                }
                if part.ends_with(b"\n") {
                    *saw |= is_result(line);
                    line.clear();
                }
            }
        });
        let stderr_length = fs::metadata(&self.stderr).map_or(0, |meta| meta.len());
        if before != self.stdout.offset || stderr_length != self.stderr_length {
            self.stderr_length = stderr_length;
            self.last_sign = Instant::now();
        }
    }

    pub fn saw_result(&self) -> bool {
        self.saw_result
    }

    /// Returns how long ago the last sign of life was seen.
    pub fn quiet_for(&self) -> Duration {
        self.last_sign.elapsed()
    }
}

fn is_result(line: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Kind<'a> {
        #[serde(rename = "type", borrow)]
        kind: std::borrow::Cow<'a, str>,
    }
    serde_json::from_slice::<Kind<'_>>(line).is_ok_and(|event| event.kind == "result")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn a_look_ends_where_the_file_ended_when_it_began() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path =
            Utf8PathBuf::from_path_buf(folder.path().join("stdout.log")).expect("a UTF-8 path");
        let mut writer = fs::File::create(&path).expect("a file");
        writer.write_all(&vec![b'x'; 3 * PIECE]).expect("a write");
        let (mut tail, mut looks) = (FileTail::new(path), Vec::new());
        for _ in 0..2 {
            let mut got = 0;
            tail.read(|piece| {
                assert!(piece.len() <= PIECE);
                got += piece.len();
                if got <= 3 * PIECE {
                    // As fast as it is read.
                    writer.write_all(piece).expect("a write");
                }
            });
            looks.push(got);
        }
        assert_eq!(looks, [3 * PIECE, 3 * PIECE]);
    }
}
