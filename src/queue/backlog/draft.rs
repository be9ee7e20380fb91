//! Gathers the lines of each task.
use super::lines::Line;
use crate::queue::file::Mark;

/// A task while its lines are gathered.
pub(super) struct Draft<'a> {
    pub(super) title: &'a str,
    pub(super) named: Option<&'a str>,
    /// Its id, unless another has the same.
    pub(super) first: String,
    pub(super) mark: Mark,
    pub(super) at: usize,
    pub(super) indent: usize,
    pub(super) parent: Option<usize>,
    pub(super) body: Vec<&'a str>,
}

/// How much deeper than a task a line must be to belong to it.
pub(super) const NESTED: usize = 2;

pub(super) fn drafts<'a>(lines: &[Line<'a>]) -> Vec<Draft<'a>> {
    let mut drafts: Vec<Draft<'a>> = Vec::new();
    // The tasks the current line is inside of, outermost first.
    let mut inside: Vec<usize> = Vec::new();
    for line in lines {
        let blank = line.text.trim().is_empty();
        while let Some(&last) = inside.last()
            && !blank
            && line.indent < drafts[last].indent + NESTED
        {
            inside.pop();
        }
        let parent = inside.last().copied();
        match task_line(line) {
            Some(draft) => {
                inside.push(drafts.len());
                // Subtasks of two tasks often have the same text.
                let words = parent.map_or_else(
                    || draft.title.to_owned(),
                    |at| format!("{} {}", drafts[at].first, draft.title),
                );
                let first = draft.named.map_or_else(|| hashed(&words), str::to_owned);
                drafts.push(Draft {
                    parent,
                    first,
                    ..draft
                });
            }
            None => parent
                .into_iter()
                .for_each(|parent| drafts[parent].body.push(line.text)),
        }
    }
    drafts
}

fn task_line<'a>(line: &Line<'a>) -> Option<Draft<'a>> {
    let text = line.text.trim_start_matches([' ', '\t']);
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let rest = match digits {
        0 => text.strip_prefix(['-', '*', '+'])?,
        1..=9 => text[digits..].strip_prefix(['.', ')'])?,
        _ => return None,
    };
    let sign = rest
        .trim_start_matches([' ', '\t'])
        .strip_prefix('[')
        .filter(|_| rest.starts_with([' ', '\t']))?;
    let (mark, after) = match sign.chars().next()? {
        ']' => (Mark::Blocked(NO_SPACE.to_owned()), sign),
        c => (mark(c)?, &sign[c.len_utf8()..]),
    };
    let title = after
        .strip_prefix(']')
        .filter(|title| title.starts_with(char::is_whitespace))?
        .trim();
    let (title, named) = split_id(title);
    let at = line.start + line.text.len() - sign.len();
    let draft = Draft {
        title,
        named,
        first: String::new(),
        mark,
        at,
        indent: line.indent,
        parent: None,
        body: Vec::new(),
    };
    (!title.is_empty() && !line.quoted).then_some(draft)
}

const NO_SPACE: &str = "has no plain space in its box: write `[ ]`";

fn mark(sign: char) -> Option<Mark> {
    match sign {
        ' ' => Some(Mark::Open),
        'x' | 'X' | '-' => Some(Mark::Closed),
        '~' | '/' => Some(Mark::Begun),
        c if c.is_alphanumeric() => None,
        c if c.is_whitespace() => Some(Mark::Blocked(NO_SPACE.to_owned())),
        c => Some(Mark::Blocked(format!(
            "is marked `[{c}]`, which is neither open nor done: write `[ ]` to open it"
        ))),
    }
}

/// Splits `title (#id)`.
fn split_id(title: &str) -> (&str, Option<&str>) {
    let split = || {
        let (before, id) = title.strip_suffix(')')?.rsplit_once("(#")?;
        let fits = id.starts_with(|c: char| c.is_ascii_alphanumeric())
            && id.len() <= 64
            && id
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
        (fits && !before.trim().is_empty()).then_some((before.trim_end(), Some(id)))
    };
    split().unwrap_or((title, None))
}

/// FNV-1a of the words, folded to 32 bits: short enough to type, and a collision only costs a `-2`.
fn hashed(title: &str) -> String {
    let words = title.split_whitespace().collect::<Vec<_>>().join(" ");
    let hash = words.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("t-{:08x}", (hash >> 32) ^ (hash & 0xffff_ffff))
}
