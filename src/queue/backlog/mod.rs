//! Tasks in any Markdown checklist.
//!
//! ```markdown
//! ## Headings mean nothing
//! - [ ] Add login (#login)
//!   Indented lines below it are its body.
//!   Acceptance:
//!   - tests pass
//!   - [ ] A nested box is a task of its own; the outer one waits for it
//! - [x] Done. `[X]` too, and `[-]`: dropped, nobody shall do it
//! - [~] Begun by hand: nobody else takes it. `[/]` too
//! - [!] Any other sign, or no space at all, is shown as blocked rather than guessed
//! ```
//!
//! Bullets may be `-`, `*`, `+`, `1.` or `1)`. Boxes in code blocks and comments, without a title, or with a letter
//! or digit in them are text. The id is the `(#name)` at the end of the line or else made from the title, and of a
//! subtask also from its task, so that moving the line keeps it. Of several with the same id, later ones get `-2`, `-3`,
//! …, closed ones last. Those not closed that only such a number tells apart are blocked: it means another when one goes.
use super::file::{Format, Item, Mark};
use super::rewrite::Edit;
use std::collections::{HashMap, HashSet};

/// A Markdown checklist.
#[derive(Debug)]
pub(super) struct Backlog;

impl Format for Backlog {
    const LOOKS_LIKE: &'static str = "lines such as `- [ ] task`";

    fn parse(text: &str) -> Result<Vec<Item>, String> {
        let drafts = drafts(&lines(text));
        let ids = ids(&drafts);
        let mut items: Vec<Item> = (0..drafts.len())
            .map(|at| item(&drafts, &ids, at))
            .collect();
        block_the_same(&mut items, &drafts);
        Ok(items)
    }

    /// One byte: every box that may be ticked has one ASCII character in it.
    fn close(_text: &str, item: &Item) -> Edit {
        Edit {
            at: item.at..item.at + 1,
            with: "x".to_owned(),
        }
    }
}

/// A line without its end.
struct Line<'a> {
    /// Where it begins in the file.
    start: usize,
    text: &'a str,
    indent: usize,
    /// Inside a code block or a comment.
    quoted: bool,
}

/// A task while its lines are gathered.
struct Draft<'a> {
    title: &'a str,
    named: Option<&'a str>,
    /// Its id, unless another has the same.
    first: String,
    mark: Mark,
    at: usize,
    indent: usize,
    parent: Option<usize>,
    body: Vec<&'a str>,
}

/// How much deeper than a task a line must be to belong to it.
const NESTED: usize = 2;

fn drafts<'a>(lines: &[Line<'a>]) -> Vec<Draft<'a>> {
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
    let (title, named) = named(title);
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
fn named(title: &str) -> (&str, Option<&str>) {
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

fn ids(drafts: &[Draft<'_>]) -> Vec<String> {
    let firsts: HashSet<&str> = drafts.iter().map(|draft| draft.first.as_str()).collect();
    let mut taken = HashSet::new();
    let mut copies: HashMap<String, u32> = HashMap::new();
    let mut unique = |draft: &Draft<'_>| {
        let first = &draft.first;
        if taken.insert(first.clone()) {
            return first.clone();
        }
        let copy = copies.entry(first.clone()).or_insert(1);
        loop {
            *copy += 1;
            let id = format!("{first}-{copy}");
            // Whoever has that for a name keeps it.
            if !firsts.contains(id.as_str()) && taken.insert(id.clone()) {
                return id;
            }
        }
    };
    let mut ids = vec![String::new(); drafts.len()];
    for closed in [false, true] {
        for (at, draft) in drafts
            .iter()
            .enumerate()
            .filter(|(_, draft)| (draft.mark == Mark::Closed) == closed)
        {
            ids[at] = unique(draft);
        }
    }
    ids
}

/// Blocks tasks that nothing but their order tells apart: closing one must never close the other.
fn block_the_same(items: &mut [Item], drafts: &[Draft<'_>]) {
    let mut left: HashMap<&str, u32> = HashMap::new();
    for draft in drafts.iter().filter(|draft| draft.mark != Mark::Closed) {
        *left.entry(&draft.first).or_default() += 1;
    }
    let same = |draft: &Draft<'_>| draft.mark != Mark::Closed && left[draft.first.as_str()] > 1;
    for (item, draft) in items
        .iter_mut()
        .zip(drafts)
        .filter(|(_, draft)| same(draft))
    {
        item.mark = Mark::Blocked(match draft.named {
            Some(name) => format!("ends in `(#{name})` like another task: give it another name"),
            None => "has the same text as another task: end its line with `(#name)`".to_owned(),
        });
    }
}

/// FNV-1a of the words, folded to 32 bits: short enough to type, and a collision only costs a `-2`.
fn hashed(title: &str) -> String {
    let words = title.split_whitespace().collect::<Vec<_>>().join(" ");
    let hash = words.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("t-{:08x}", (hash >> 32) ^ (hash & 0xffff_ffff))
}

fn item(drafts: &[Draft<'_>], ids: &[String], at: usize) -> Item {
    let draft = &drafts[at];
    // Subtasks follow their task at once, deeper than it.
    let below = drafts
        .iter()
        .zip(ids)
        .skip(at + 1)
        .take_while(|(below, _)| below.indent >= draft.indent + NESTED);
    let open: Vec<&str> = below
        .filter(|(below, _)| below.parent == Some(at) && below.mark != Mark::Closed)
        .map(|(_, id)| id.as_str())
        .collect();
    let mark = match &draft.mark {
        Mark::Open | Mark::Begun if !open.is_empty() => Mark::Blocked(waiting(&open)),
        other => other.clone(),
    };
    let (mut body, acceptance) = split(&draft.body);
    if let Some(parent) = draft.parent {
        let gap = if body.is_empty() { "" } else { "\n\n" };
        body = format!("{body}{gap}Part of: {}", drafts[parent].title);
    }
    Item {
        id: ids[at].clone(),
        title: draft.title.to_owned(),
        body,
        acceptance,
        priority: None,
        mark,
        at: draft.at,
        named: draft.named.is_some(),
        now: None,
    }
}

fn waiting(open: &[&str]) -> String {
    let shown = open.iter().take(3).copied().collect::<Vec<_>>().join(", ");
    match open.len().saturating_sub(3) {
        0 => format!("has open subtasks: {shown}"),
        more => format!("has open subtasks: {shown} and {more} more"),
    }
}

fn dedent(body: &[&str]) -> String {
    let blank = |line: &&str| line.trim().is_empty();
    let indent = body
        .iter()
        .filter(|line| !blank(line))
        .map(|line| line.len() - line.trim_start_matches([' ', '\t']).len())
        .min()
        .unwrap_or(0);
    let lines: Vec<&str> = body
        .iter()
        .map(|line| line.get(indent..).unwrap_or("").trim_end())
        .collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

/// Takes the list below `Acceptance:` or `Acceptance criteria:` out of a body.
fn split(body: &[&str]) -> (String, Vec<String>) {
    let (mut kept, mut acceptance) = (Vec::new(), Vec::new());
    let mut listing = false;
    for &line in body {
        if let Some(first) = acceptance_line(line) {
            listing = true;
            acceptance.extend((!first.is_empty()).then(|| first.to_owned()));
            continue;
        }
        match line
            .trim_start()
            .strip_prefix(['-', '*', '+'])
            .and_then(|rest| rest.strip_prefix(' '))
        {
            Some(criterion) if listing => acceptance.push(criterion.trim().to_owned()),
            _ => {
                listing &= line.trim().is_empty();
                kept.push(line);
            }
        }
    }
    (dedent(&kept), acceptance)
}

fn acceptance_line(line: &str) -> Option<&str> {
    let line = line.trim().trim_start_matches(['*', '_']);
    let starts = |word: &str| {
        line.get(..word.len())
            .filter(|start| start.eq_ignore_ascii_case(word))
            .map(|start| &line[start.len()..])
    };
    let rest = starts("acceptance criteria").or_else(|| starts("acceptance"))?;
    let rest = rest.trim_start_matches(['*', '_']).strip_prefix(':')?;
    Some(rest.trim_start_matches(['*', '_']).trim())
}

/// Splits at `\n`, `\r\n` and `\r`, as Markdown does, and finds what is quoted.
fn lines(text: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    while start < text.len() {
        let rest = &text[start..];
        let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
        lines.push(Line {
            start,
            text: &rest[..end],
            indent: columns(&rest[..end]),
            quoted: false,
        });
        start += end
            + if rest[end..].starts_with("\r\n") {
                2
            } else {
                1
            };
    }
    let mut at = 0;
    while at < lines.len() {
        let end = quote_end(&lines, at).unwrap_or(at);
        let indent = lines[at].indent;
        for line in &mut lines[at..=end] {
            // The whole block belongs where it begins.
            (line.quoted, line.indent) = (end > at, indent);
        }
        at = end + 1;
    }
    lines
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

/// Returns the last line of the code block or comment that begins here. One that never ends is none: it would hide every task below.
fn quote_end(lines: &[Line<'_>], at: usize) -> Option<usize> {
    let first = lines[at].text.trim();
    let after = |ends: &dyn Fn(&str) -> bool| {
        (at + 1..lines.len()).find(|&below| ends(lines[below].text.trim()))
    };
    if first.starts_with("<!--") && !first.contains("-->") {
        return after(&|line| line.contains("-->"));
    }
    let fence = first
        .chars()
        .next()
        .filter(|_| first.starts_with("```") || first.starts_with("~~~"))?;
    let bare = first.trim_start_matches(fence);
    let long = first.len() - bare.len();
    if fence == '`' && bare.contains('`') {
        return None;
    }
    after(&|line| line.len() >= long && line.chars().all(|c| c == fence))
}

#[cfg(test)]
mod tests;
