//! Words after expansion. What is not known of them is marked by characters that no script holds.

/// Text that only a shell can compute.
pub(super) const UNKNOWN: char = '\u{e000}';
/// Such text without quotes: also nothing, or several words.
pub(super) const UNKNOWN_WORDS: char = '\u{e001}';
/// `*` of a pattern of file names.
pub(super) const STAR: char = '\u{e002}';
/// `?` or `[…]` of such a pattern.
pub(super) const ONE: char = '\u{e003}';
const OPEN: char = '\u{e004}';
const COMMA: char = '\u{e005}';
const CLOSE: char = '\u{e006}';

/// Returns a text without the characters that serve as marks.
pub(super) fn without_marks(text: &str) -> String {
    text.chars()
        .map(|c| {
            if (UNKNOWN..=CLOSE).contains(&c) {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

/// Returns unquoted text with its patterns and braces marked.
pub(super) fn mark_bare(text: &str) -> String {
    let mut marked = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '*' => marked.push(STAR),
            '?' => marked.push(ONE),
            '[' if text.contains(']') => {
                let class: String = chars.by_ref().take_while(|c| *c != ']').collect();
                // A class of one character is that character.
                if class.chars().count() == 1 {
                    marked.push_str(&class);
                } else {
                    marked.push(ONE);
                }
            }
            '{' => marked.push(OPEN),
            ',' => marked.push(COMMA),
            '}' => marked.push(CLOSE),
            c => marked.push(c),
        }
    }
    marked
}

/// Returns text of a variable, which is split and globbed, but whose braces have no meaning.
pub(super) fn mark_value(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '*' => STAR,
            '?' => ONE,
            c => c,
        })
        .collect()
}

pub(super) fn is_unknown(c: char) -> bool {
    c == UNKNOWN || c == UNKNOWN_WORDS
}

/// Whether nothing is known of the word.
pub(super) fn is_wholly_unknown(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_unknown)
}

pub(super) fn has_unknown(text: &str) -> bool {
    text.contains(is_unknown)
}

pub(super) fn has_marks(text: &str) -> bool {
    text.contains(|c| (UNKNOWN..=CLOSE).contains(&c))
}

/// Returns the word as it would be written.
pub(super) fn shown(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            UNKNOWN | UNKNOWN_WORDS => '…',
            STAR => '*',
            ONE => '?',
            OPEN => '{',
            COMMA => ',',
            CLOSE => '}',
            c => c,
        })
        .collect()
}

/// Whether the word may be this text.
pub(super) fn may_be(word: &str, text: &str) -> bool {
    if !has_marks(word) {
        return word == text;
    }
    let word: Vec<char> = word.chars().collect();
    let text: Vec<char> = text.chars().collect();
    // What a pattern has matched so far, for each of its prefixes.
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for c in word {
        let mut next = vec![false; text.len() + 1];
        match c {
            UNKNOWN | UNKNOWN_WORDS | STAR => {
                let mut any = false;
                for (to, from) in next.iter_mut().zip(&reached) {
                    any |= from;
                    *to = any;
                }
            }
            ONE => next[1..].copy_from_slice(&reached[..text.len()]),
            c => {
                for index in 0..text.len() {
                    next[index + 1] = reached[index] && text[index] == c;
                }
            }
        }
        reached = next;
    }
    reached[text.len()]
}

/// Whether a word is this name, or a pattern that has some of its letters.
pub(super) fn is_written_for(word: &str, name: &str) -> bool {
    let is_known = |c: &char| !(UNKNOWN..=CLOSE).contains(c);
    let is_pattern = has_marks(word) && 2 <= word.chars().filter(is_known).count();
    (is_pattern || !has_marks(word)) && may_be(word, name)
}

/// Expands braces: `{a,b}c` is `ac` and `bc`.
pub(super) fn expand_braces(text: &str) -> Vec<String> {
    const MOST: usize = 64;
    let mut done = Vec::new();
    let mut open = vec![text.to_owned()];
    while let Some(text) = open.pop() {
        match innermost(&text) {
            Some((before, choices, after)) if done.len() + open.len() < MOST => {
                open.extend(
                    choices
                        .iter()
                        .rev()
                        .map(|choice| format!("{before}{choice}{after}")),
                );
            }
            _ => done.push(plain_braces(&text)),
        }
    }
    done
}

fn plain_braces(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            OPEN => '{',
            COMMA => ',',
            CLOSE => '}',
            c => c,
        })
        .collect()
}

/// Returns the text before, the choices, and the text after the first innermost braces.
fn innermost(text: &str) -> Option<(&str, Vec<String>, &str)> {
    let mut from = 0;
    while let Some(close) = text[from..].find(CLOSE).map(|at| from + at) {
        let Some(open) = text[..close].rfind(OPEN) else {
            from = close + CLOSE.len_utf8();
            continue;
        };
        let inner = &text[open + OPEN.len_utf8()..close];
        let after = &text[close + CLOSE.len_utf8()..];
        let choices: Vec<String> = match inner.split_once("..") {
            _ if inner.contains(COMMA) => inner.split(COMMA).map(str::to_owned).collect(),
            Some(_) => vec![UNKNOWN.to_string()],
            None => vec![format!("{{{inner}}}")],
        };
        return Some((&text[..open], choices, after));
    }
    None
}
