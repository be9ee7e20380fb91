//! Gathers the lines of each task.
use super::blocks::{Blocks, Hidden};
use super::box_line::box_line;
use super::lines::{Line, NESTED};
use super::outline::Outline;
use super::priority::priority;
use crate::queue::file::Mark;

/// A task while its lines are gathered.
pub(super) struct Draft<'a> {
    pub(super) title: &'a str,
    pub(super) named: Option<&'a str>,
    /// Its id, unless another task has the same.
    pub(super) first: String,
    pub(super) mark: Mark,
    pub(super) at: usize,
    pub(super) indent: usize,
    /// From 0, the most urgent, to 9; its own, or that of its parent task.
    pub(super) priority: Option<u32>,
    pub(super) parent: Option<usize>,
    /// The headings and plain list items it is under, outermost first.
    pub(super) path: Vec<&'a str>,
    pub(super) body: Vec<&'a str>,
}

/// Gathers the tasks of a file; `dropped` is the character of those that are not to be done.
pub(super) fn drafts<'a>(
    lines: &[Line<'a>],
    blocks: &Blocks<'a>,
    dropped: Option<char>,
) -> Vec<Draft<'a>> {
    let mut drafts: Vec<Draft<'a>> = Vec::new();
    // The tasks the current line is inside of, outermost first.
    let mut inside: Vec<usize> = Vec::new();
    let mut outline = Outline::new(&blocks.headings);
    for line in lines {
        let blank = line.text.trim().is_empty();
        while let Some(&last) = inside.last()
            && !blank
            && line.indent < drafts[last].indent + NESTED
        {
            inside.pop();
        }
        outline.enter(line, blank);
        let parent = inside.last().copied();
        match box_line(line, dropped) {
            Some(found) => {
                inside.push(drafts.len());
                let above = parent.map(|at| &drafts[at]);
                // Subtasks of two tasks often have the same text.
                let words = above.map_or_else(
                    || found.title.to_owned(),
                    |above| format!("{} {}", above.first, found.title),
                );
                drafts.push(Draft {
                    title: found.title,
                    named: found.named,
                    first: found.named.map_or_else(|| hashed(&words), str::to_owned),
                    mark: found.mark,
                    at: found.at,
                    indent: line.indent,
                    priority: priority(found.title).or_else(|| above?.priority),
                    parent,
                    path: outline.path(),
                    body: Vec::new(),
                });
            }
            None => match parent {
                Some(parent) => drafts[parent].body.push(line.text),
                None if line
                    .hidden
                    .is_none_or(|(hidden, _)| hidden == Hidden::Indented) =>
                {
                    outline.note(line);
                }
                None => {}
            },
        }
    }
    drafts
}

/// FNV-1a of the words, folded to 32 bits: short enough to type, and a collision only costs a `-2`.
pub(super) fn hashed(title: &str) -> String {
    let words = title.split_whitespace().collect::<Vec<_>>().join(" ");
    let hash = words.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("t-{:08x}", (hash >> 32) ^ (hash & 0xffff_ffff))
}
