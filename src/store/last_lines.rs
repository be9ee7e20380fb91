//! The end of a file that grows by lines, at a cost that does not depend on its beginning.
use std::io::{self, Read, Seek, SeekFrom};

/// How much is read at once.
const BLOCK: u64 = 64 * 1024;

/// Returns where the last `count` lines of a file begin. What stands behind the last line end is a line too.
pub fn start(file: &mut (impl Read + Seek), count: usize) -> io::Result<u64> {
    let length = file.seek(SeekFrom::End(0))?;
    start_by_blocks(file, length, count, BLOCK)
}

fn start_by_blocks(file: &mut (impl Read + Seek), length: u64, count: usize, size: u64) -> io::Result<u64> {
    if count == 0 {
        return Ok(length);
    }
    let (mut end, mut left) = (length, count);
    let mut block = Vec::new();
    while 0 < end {
        let from = end.saturating_sub(size);
        file.seek(SeekFrom::Start(from))?;
        block.clear();
        file.by_ref().take(end - from).read_to_end(&mut block)?;
        for (at, _) in block.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n') {
            let behind = from + at as u64 + 1;
            // The end of the last line begins no other.
            if behind == length {
                continue;
            }
            left -= 1;
            if left == 0 {
                return Ok(behind);
            }
        }
        end = from;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;

    fn naive(text: &[u8], count: usize) -> u64 {
        let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
        let last = &lines[lines.len().saturating_sub(count)..];
        (text.len() - last.iter().map(|line| line.len()).sum::<usize>()) as u64
    }

    proptest! {
        #[test]
        fn reading_backwards_finds_what_reading_forwards_does(text in "[a\n]{0,60}", count in 0usize..12, size in 1u64..20) {
            let found = start_by_blocks(&mut Cursor::new(&text), text.len() as u64, count, size).unwrap();
            prop_assert_eq!(found, naive(text.as_bytes(), count));
        }
    }

    #[test]
    fn more_lines_than_there_are_begin_at_the_beginning() {
        assert_eq!(start(&mut Cursor::new("a\nb\n"), 99).unwrap(), 0);
        assert_eq!(start(&mut Cursor::new("a\nb\n"), 1).unwrap(), 2);
        assert_eq!(start(&mut Cursor::new("a\nb"), 1).unwrap(), 2);
    }
}
