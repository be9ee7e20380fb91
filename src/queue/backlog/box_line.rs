//! Reads the line of a box: as Markdown writes it, and in the ways that only look like it.
use super::blocks::Hidden;
use super::lines::Line;
use crate::queue::file::Mark;
use crate::text::clean;

/// A line with a box.
pub(super) struct BoxLine<'a> {
    pub(super) title: &'a str,
    pub(super) named: Option<&'a str>,
    pub(super) mark: Mark,
    /// Where the sign in the box is in the file.
    pub(super) at: usize,
}

/// Characters of a title that are repeated in a hint.
const SHOWN: usize = 60;

/// Reads the box of a line, if it has one. `dropped` is the sign of tasks that are not to be done.
pub(super) fn box_line<'a>(line: &Line<'a>, dropped: Option<char>) -> Option<BoxLine<'a>> {
    let text = line.text.trim_start_matches([' ', '\t']);
    let (text, is_quoted) = unquoted(text);
    let found = match line.hidden {
        Some((Hidden::Quoted, _)) => return None,
        Some((hidden, first)) => written(text, dropped)
            .filter(|found| found.mark != Mark::Closed)
            .map(|found| blocked(found, |title| unreachable_box(hidden, first, line, title)))?,
        None => match written(text, dropped) {
            Some(found) if is_quoted => blocked(found, |title| {
                format!(
                    "is in a block quote (line {}): write `- [ ] {title}` without the `>`",
                    line.number
                )
            }),
            Some(found) => found,
            None => blocked(misspelled(text)?, |title| {
                format!(
                    "is not written as a task on line {}: write `- [ ] {title}`",
                    line.number
                )
            }),
        },
    };
    let (title, named) = split_id(found.title);
    Some(BoxLine {
        title,
        named,
        at: line.start + line.text.len() - found.sign.len(),
        mark: found.mark,
    })
}

/// A box within its line: its title, its mark, and the line from its sign on.
struct Found<'a> {
    title: &'a str,
    mark: Mark,
    sign: &'a str,
}

/// Blocks a box that is not closed.
fn blocked<'a>(mut found: Found<'a>, why: impl Fn(&str) -> String) -> Found<'a> {
    if found.mark != Mark::Closed {
        found.mark = Mark::Blocked(why(&short(found.title)));
    }
    found
}

fn short(title: &str) -> String {
    let title = clean(title);
    if title.chars().count() <= SHOWN {
        return title;
    }
    let start: String = title.chars().take(SHOWN - 1).collect();
    format!("{start}…")
}

fn unreachable_box(hidden: Hidden, first: usize, line: &Line<'_>, title: &str) -> String {
    match hidden {
        Hidden::Endless(what) => format!(
            "is inside the {what} that begins on line {first} and never ends: end it, or write `- [ ] {title}` above it"
        ),
        Hidden::Quoted | Hidden::Indented => format!(
            "is indented so far on line {} that Markdown reads it as code: write `- [ ] {title}`",
            line.number
        ),
    }
}

fn unquoted(text: &str) -> (&str, bool) {
    let bare = text.trim_start_matches(['>', ' ', '\t']);
    if text.starts_with('>') {
        (bare, true)
    } else {
        (text, false)
    }
}

/// Returns what follows a list marker and its space; a list may begin inside the item of another one.
fn after_markers(text: &str) -> Option<&str> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let rest = match digits {
        0 => text.strip_prefix(['-', '*', '+'])?,
        1..=9 => text[digits..].strip_prefix(['.', ')'])?,
        _ => return None,
    };
    let item = rest.trim_start_matches([' ', '\t']);
    (item.len() < rest.len()).then(|| after_markers(item).unwrap_or(item))
}

/// Reads a box as Markdown writes it.
fn written(text: &str, dropped: Option<char>) -> Option<Found<'_>> {
    let sign = after_markers(text)?.strip_prefix('[')?;
    let (mark, after) = match sign.chars().next()? {
        ']' => (Mark::Blocked(NO_SPACE.to_owned()), sign),
        c => {
            let after = &sign[c.len_utf8()..];
            // Some keyboards add to a sign that it is meant as a picture.
            let after = after.strip_prefix('\u{fe0f}').unwrap_or(after);
            (mark(c, dropped)?, after)
        }
    };
    let title = after
        .strip_prefix(']')
        .filter(|title| title.starts_with(char::is_whitespace))?
        .trim();
    (!title.is_empty()).then_some(Found { title, mark, sign })
}

const NO_SPACE: &str = "has no plain space in its box: write `[ ]`";

fn mark(sign: char, dropped: Option<char>) -> Option<Mark> {
    match sign {
        ' ' => Some(Mark::Open),
        'x' | 'X' | '✓' | '✔' | '✅' | '☑' => Some(Mark::Closed),
        c if Some(c) == dropped => Some(Mark::Closed),
        '~' | '/' => Some(Mark::Begun),
        '-' => Some(Mark::Blocked(DASH.to_owned())),
        c if c.is_alphanumeric() => None,
        c if c.is_whitespace() => Some(Mark::Blocked(NO_SPACE.to_owned())),
        c => Some(Mark::Blocked(format!(
            "is marked `[{c}]`, which is neither open nor done: write `[ ]` to open it"
        ))),
    }
}

const DASH: &str = "is marked `[-]`, which is dropped to some and in progress to others: write `[x]` or `[ ]`, or set `queue: {dropped: \"-\"}` in the loop";

/// Signs that stand for a bullet where a text was copied from another program.
const BULLETS: [char; 12] = ['-', '*', '+', '•', '◦', '‣', '▪', '·', '–', '—', '●', '○'];

/// Reads a box that Markdown does not: without a space beside it, behind a bullet of another kind, in a heading, escaped.
fn misspelled(text: &str) -> Option<Found<'_>> {
    let mut rest = text;
    while let length @ 1.. = marker(rest) {
        rest = rest[length..].trim_start();
    }
    let is_bare = rest.len() == text.len();
    let (is_open, sign, after) = sign(rest)?;
    let title = after.trim();
    // A link, a definition, or a table of the signs.
    let is_text = after.starts_with(['(', '[', ':'])
        || title.starts_with(['=', '-', '–', '—', '→', ':', '|'])
        || is_bare && after.contains('[');
    let mark = if is_open { Mark::Open } else { Mark::Closed };
    (!title.is_empty() && !is_text).then_some(Found { title, mark, sign })
}

/// Returns the length of what stands for a list marker: a bullet, a number, or the signs of a heading.
fn marker(text: &str) -> usize {
    if let Some(bullet) = text.chars().next().filter(|c| BULLETS.contains(c)) {
        return bullet.len_utf8();
    }
    let hashes = text.len() - text.trim_start_matches('#').len();
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if hashes > 0 {
        hashes
    } else if digits > 0 && text[digits..].starts_with(['.', ')']) {
        digits + 1
    } else {
        0
    }
}

/// Reads a sign in something like a box: whether it is open, the text from the sign on, and the text behind the box.
fn sign(text: &str) -> Option<(bool, &str, &str)> {
    if let Some(after) = text.strip_prefix(['☐', '☑', '☒']) {
        return Some((text.starts_with('☐'), text, after));
    }
    let sign = text
        .strip_prefix("\\[")
        .or_else(|| text.strip_prefix('['))?;
    let end = sign.find(']')?;
    let inside = sign[..end].trim_end_matches('\\');
    let is_open = match inside.trim() {
        "" if !inside.is_empty() => true,
        "x" | "X" => false,
        _ => return None,
    };
    Some((is_open, sign, &sign[end + 1..]))
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
