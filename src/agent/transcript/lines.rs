//! Splits a growing output into lines, whatever the chunks, in bounded memory.

/// The longest line that is kept; a longer one is only counted.
const MAX_LINE: usize = 1 << 20;

/// One line, without its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LineResult<'a> {
    Line(&'a [u8]),
    /// A line of this many bytes that was too long to keep.
    TooLong(u64),
}

/// A splitter with the line that is not complete yet.
#[derive(Debug, Default)]
pub(super) struct Lines {
    begun: Vec<u8>,
    /// Its length so far; larger than `begun` once it is too long.
    length: u64,
}

impl Lines {
    /// Adds output and calls `each` for every line it finishes.
    pub(super) fn push(&mut self, mut bytes: &[u8], mut each: impl FnMut(LineResult<'_>)) {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            self.grow(&bytes[..end]);
            self.finish(&mut each);
            bytes = &bytes[end + 1..];
        }
        self.grow(bytes);
    }

    /// Passes the rest to `each` as the last line.
    pub(super) fn finish(&mut self, mut each: impl FnMut(LineResult<'_>)) {
        let length = std::mem::take(&mut self.length);
        if length > MAX_LINE as u64 {
            each(LineResult::TooLong(length));
        } else if length > 0 {
            each(LineResult::Line(&self.begun));
        }
        self.begun.clear();
    }

    fn grow(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        if self.length <= MAX_LINE as u64 {
            self.begun.extend_from_slice(bytes);
        } else {
            self.begun = Vec::new();
        }
    }
}
