//! Redaction of streams that are too long for memory.
use super::redactor::{REPLACEMENT, Redactor};
use std::io::{self, Read, Write};

/// Bytes that are searched at a time.
const CHUNK: usize = 1 << 20;
/// Bytes at the end of a chunk that are searched again with the next chunk, since a secret may begin there.
const MARGIN: usize = 16 * 1024;

impl Redactor {
    /// Copies a stream without secrets, and returns how many were removed.
    pub fn copy(&self, from: &mut dyn Read, to: &mut dyn Write) -> io::Result<usize> {
        let mut buffer: Vec<u8> = Vec::with_capacity(CHUNK + MARGIN);
        let mut removed = 0;
        loop {
            let room = (CHUNK + MARGIN - buffer.len()) as u64;
            let read = Read::take(&mut *from, room).read_to_end(&mut buffer)?;
            let is_end = read == 0 || buffer.len() < CHUNK + MARGIN;
            let kept = self.copy_chunk(&buffer, is_end, to, &mut removed)?;
            buffer.drain(..kept);
            if is_end {
                return Ok(removed);
            }
        }
    }

    /// Whether a stream holds a secret.
    pub fn finds_in(&self, from: &mut dyn Read) -> io::Result<bool> {
        Ok(0 < self.copy(from, &mut io::sink())?)
    }

    /// Writes the beginning of a chunk, and returns how many of its bytes are done.
    fn copy_chunk(
        &self,
        chunk: &[u8],
        is_last: bool,
        to: &mut dyn Write,
        removed: &mut usize,
    ) -> io::Result<usize> {
        let most = if is_last {
            chunk.len()
        } else {
            let most = chunk.len() - MARGIN;
            // Most secrets are within a line.
            let line = chunk[..most].iter().rposition(|byte| *byte == b'\n');
            line.map_or(most, |at| at + 1)
        };
        let mut done = 0;
        for secret in self.find(chunk) {
            if most <= secret.start {
                break;
            }
            to.write_all(&chunk[done..secret.start])?;
            to.write_all(REPLACEMENT.as_bytes())?;
            *removed += 1;
            done = secret.end;
        }
        if done < most {
            to.write_all(&chunk[done..most])?;
            done = most;
        }
        Ok(done)
    }
}
