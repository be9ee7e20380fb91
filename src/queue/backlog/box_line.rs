//! Reads a line with a box: valid Markdown, and misspellings that only look like it.
use super::blocks::Hidden;
use super::lines::Line;
use super::written_id::split_id;
use crate::queue::file::Mark;
use crate::text::clean;

/// A line with a box.
pub(super) struct BoxLine<'a> {
    pub(super) title: &'a str,
    pub(super) named: Option<&'a str>,
    pub(super) mark: Mark,
    /// The byte offset of the character in the box, in the file.
    pub(super) at: usize,
}

/// The maximum number of characters of a title in a hint.
const MAX_TITLE: usize = 60;

/// Reads the box of a line, if it has one. `dropped` is the character of tasks that are not to be done.
pub(super) fn box_line<'a>(line: &Line<'a>, dropped: Option<char>) -> Option<BoxLine<'a>> {
    let text = line.text.trim_start_matches([' ', '\t']);
    let (text, is_quoted) = unquoted(text);
    let found = match line.hidden {
        Some((Hidden::Quoted, _)) => return None,
        Some((hidden, first)) => valid_box(text, dropped)
            .filter(|found| found.mark != Mark::Closed)
            .map(|found| blocked(found, |title| unreachable_box(hidden, first, line, title)))?,
        None => match valid_box(text, dropped) {
            Some(found) if is_quoted => blocked(found, |title| {
                format!(
                    "is in a block quote (line {}): write `- [ ] {title}` without the `>`",
                    line.number
                )
            }),
            Some(found) => found,
            None => blocked(misspelled(text)?, |title| {
                format!(
                    "is not valid_box as a task on line {}: write `- [ ] {title}`",
                    line.number
                )
            }),
        },
    };
    let (title, named) = split_id(found.title);
    Some(BoxLine {
        title,
        named,
        at: line.start + line.text.len() - found.from_mark.len(),
        mark: found.mark,
    })
}

/// A box within its line: its title, its mark, and the line from the character in the box on.
struct FoundBox<'a> {
    title: &'a str,
    mark: Mark,
    from_mark: &'a str,
}

/// Blocks a box that is not closed.
fn blocked<'a>(mut found: FoundBox<'a>, why: impl Fn(&str) -> String) -> FoundBox<'a> {
    if found.mark != Mark::Closed {
        found.mark = Mark::Blocked(why(&short(found.title)));
    }
    found
}

fn short(title: &str) -> String {
    let title = clean(title);
    if title.chars().count() <= MAX_TITLE {
        return title;
    }
    let start: String = title.chars().take(MAX_TITLE - 1).collect();
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
fn valid_box(text: &str, dropped: Option<char>) -> Option<FoundBox<'_>> {
    let from_mark = after_markers(text)?.strip_prefix('[')?;
    if let Some(found) = tilde_word(from_mark) {
        return Some(found);
    }
    let (mark, after) = match from_mark.chars().next()? {
        ']' => (Mark::Blocked(NO_SPACE.to_owned()), from_mark),
        c => {
            let after = &from_mark[c.len_utf8()..];
            // Some keyboards append U+FE0F, which asks for a symbol to be shown as an emoji.
            let after = after.strip_prefix('\u{fe0f}').unwrap_or(after);
            (mark(c, dropped)?, after)
        }
    };
    let title = after
        .strip_prefix(']')
        .filter(|title| title.starts_with(char::is_whitespace))?
        .trim();
    (!title.is_empty()).then_some(FoundBox {
        title,
        mark,
        from_mark,
    })
}

/// Reads a box with a word after a `~`: `[~deferred]` and `[~won't-fix]` are dropped.
fn tilde_word(from_mark: &str) -> Option<FoundBox<'_>> {
    let (word, title) = from_mark.strip_prefix('~')?.split_once(']')?;
    let is_word = !word.is_empty()
        && word
            .chars()
            .all(|c| c.is_alphabetic() || "-'’ ".contains(c));
    let title = Some(title).filter(|title| title.starts_with(char::is_whitespace))?;
    let title = Some(title.trim()).filter(|title| is_word && !title.is_empty())?;
    let mark = match word {
        "deferred" | "won't-fix" | "won’t-fix" | "wontfix" => Mark::Closed,
        other => Mark::Blocked(format!(
            "is marked `[~{other}]`, which is not known: write `[ ]`, `[~deferred]` or `[~won't-fix]`"
        )),
    };
    Some(FoundBox {
        title,
        mark,
        from_mark,
    })
}

const NO_SPACE: &str = "has no plain space in its box: write `[ ]`";

fn mark(character: char, dropped: Option<char>) -> Option<Mark> {
    match character {
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

/// Characters used as bullets in text copied from other programs.
const BULLETS: [char; 12] = ['-', '*', '+', '•', '◦', '‣', '▪', '·', '–', '—', '●', '○'];

/// Reads a box that Markdown does not accept: without a space beside it, after a bullet of another kind, in a heading,
/// escaped.
fn misspelled(text: &str) -> Option<FoundBox<'_>> {
    let mut rest = text;
    while let length @ 1.. = marker(rest) {
        rest = rest[length..].trim_start();
    }
    let is_bare = rest.len() == text.len();
    let (is_open, from_mark, after) = loose_box(rest)?;
    let title = after.trim();
    // A link, a definition, or a table of box characters.
    let is_text = after.starts_with(['(', '[', ':'])
        || title.starts_with(['=', '-', '–', '—', '→', ':', '|'])
        || is_bare && after.contains('[');
    let mark = if is_open { Mark::Open } else { Mark::Closed };
    (!title.is_empty() && !is_text).then_some(FoundBox {
        title,
        mark,
        from_mark,
    })
}

/// Returns the length of something like a list marker: a bullet, a number, or the `#`s of a heading.
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

/// Reads something like a box: whether it is open, the text from the character in it on, and the text after it.
fn loose_box(text: &str) -> Option<(bool, &str, &str)> {
    if let Some(after) = text.strip_prefix(['☐', '☑', '☒']) {
        return Some((text.starts_with('☐'), text, after));
    }
    let from_mark = text
        .strip_prefix("\\[")
        .or_else(|| text.strip_prefix('['))?;
    let end = from_mark.find(']')?;
    let inside = from_mark[..end].trim_end_matches('\\');
    let is_open = match inside.trim() {
        "" if !inside.is_empty() => true,
        "x" | "X" => false,
        _ => return None,
    };
    Some((is_open, from_mark, &from_mark[end + 1..]))
}
