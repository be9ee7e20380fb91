//! The lines of a checklist, and what hides some of them.
use super::blocks::{Blocks, Hidden};

/// How much deeper than a list item a line must be to belong to it.
pub(super) const NESTED: usize = 2;

/// A line without its end.
pub(super) struct Line<'a> {
    /// Counted from 1.
    pub(super) number: usize,
    /// Where it begins in the file.
    pub(super) start: usize,
    pub(super) text: &'a str,
    pub(super) indent: usize,
    /// What hides it, and the number of the line where that begins.
    pub(super) hidden: Option<(Hidden, usize)>,
}

/// Splits at `\n`, `\r\n` and `\r`, as Markdown does, and marks what the blocks hide.
pub(super) fn lines<'a>(text: &'a str, blocks: &Blocks<'_>) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    let mut start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    while start < text.len() {
        let rest = &text[start..];
        let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
        lines.push(Line {
            number: lines.len() + 1,
            start,
            text: &rest[..end],
            indent: columns(&rest[..end]),
            hidden: None,
        });
        start += end
            + if rest[end..].starts_with("\r\n") {
                2
            } else {
                1
            };
    }
    hide(&mut lines, blocks);
    lines
}

/// Marks the lines that the blocks hide.
fn hide(lines: &mut [Line<'_>], blocks: &Blocks<'_>) {
    let mut from = 0;
    for part in &blocks.hidden {
        while from < lines.len() && lines[from].start + lines[from].text.len() < part.at.start {
            from += 1;
        }
        let Some(first) = lines.get(from).map(|line| (line.number, line.indent)) else {
            return;
        };
        while from < lines.len() && lines[from].start < part.at.end {
            lines[from].hidden = Some((part.hidden, first.0));
            if part.hidden == Hidden::Quoted {
                // The whole block belongs where it begins.
                lines[from].indent = first.1;
            }
            from += 1;
        }
    }
}

fn columns(line: &str) -> usize {
    let space = line.bytes().take_while(|b| matches!(b, b' ' | b'\t'));
    space.fold(0, |columns, byte| {
        if byte == b'\t' {
            (columns / 4 + 1) * 4
        } else {
            columns + 1
        }
    })
}
