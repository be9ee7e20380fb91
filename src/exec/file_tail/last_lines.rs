//! The end of a file that grows by lines, at a cost that does not depend on its beginning.
use std::io::{self, Read, Seek, SeekFrom};

/// Bytes of one read.
const BLOCK: u64 = 64 * 1024;

/// How far before the end lines are searched for.
const FARTHEST: u64 = 512 * BLOCK;

/// Returns where the last `count` lines of a file begin. What follows the last line end is a line too.
///
/// Where those would begin more than 32 MiB before the end, it is the first line that does not; of a line longer than that,
/// its last 64 KiB.
pub(super) fn start(file: &mut (impl Read + Seek), count: usize) -> io::Result<u64> {
    let length = file.seek(SeekFrom::End(0))?;
    start_by_blocks(file, length, count, (BLOCK, FARTHEST))
}

fn start_by_blocks(
    file: &mut (impl Read + Seek),
    length: u64,
    count: usize,
    (size, farthest): (u64, u64),
) -> io::Result<u64> {
    if count == 0 {
        return Ok(length);
    }
    let (mut end, mut left, mut first) = (length, count, None);
    let mut block = Vec::new();
    while 0 < end {
        if farthest <= length - end {
            return Ok(first.unwrap_or(length - size.min(length)));
        }
        let from = end.saturating_sub(size);
        file.seek(SeekFrom::Start(from))?;
        block.clear();
        file.by_ref().take(end - from).read_to_end(&mut block)?;
        for (at, _) in block
            .iter()
            .enumerate()
            .rev()
            .filter(|(_, byte)| **byte == b'\n')
        {
            let behind = from + at as u64 + 1;
            // The end of the last line begins no other.
            if behind == length {
                continue;
            }
            left -= 1;
            if left == 0 {
                return Ok(behind);
            }
            first = Some(behind);
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
            let found = start_by_blocks(&mut Cursor::new(&text), text.len() as u64, count, (size, u64::MAX)).unwrap();
            prop_assert_eq!(found, naive(text.as_bytes(), count));
        }
    }

    #[test]
    fn the_search_ends_at_its_maximum_distance() {
        let found = |text: &str, count| {
            start_by_blocks(&mut Cursor::new(text), text.len() as u64, count, (4, 8)).unwrap()
        };
        assert_eq!(
            [
                found("0123456789\nab\nc\n", 9),
                found("0123456789\nab\nc\n", 1)
            ],
            [11, 14]
        );
        assert_eq!(
            [
                found("0123456789abcdef", 2),
                found("0123456789abcde\n", 1),
                found("01234567", 1)
            ],
            [12, 12, 0]
        );
    }

    #[test]
    fn more_lines_than_there_are_begin_at_the_beginning() {
        assert_eq!(start(&mut Cursor::new("a\nb\n"), 99).unwrap(), 0);
        assert_eq!(start(&mut Cursor::new("a\nb\n"), 1).unwrap(), 2);
        assert_eq!(start(&mut Cursor::new("a\nb"), 1).unwrap(), 2);
    }
}
