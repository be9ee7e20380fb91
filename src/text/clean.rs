//! Makes text of agents, tasks and programs fit to print: it may contain anything.

/// The longest text that is shown as one, in characters.
const MAX_LENGTH: usize = 400;

/// Makes a text fit to print: no escape sequences or control characters, one line, at most 400 characters.
pub fn clean(text: &str) -> String {
    clip(text, MAX_LENGTH)
}

/// Shortens a text that is longer than this many bytes, at a character.
pub fn clip_bytes(text: &str, max: usize) -> String {
    if text.len() <= max {
        return text.to_owned();
    }
    format!("{}…", &text[..text.floor_char_boundary(max)])
}

/// The same as [`clean()`], however long.
pub fn plain(text: &str) -> String {
    clip(text, usize::MAX)
}

/// Removes what commands a terminal: escape sequences, titles, control characters. Everything else stays as it is.
///
/// A string for the terminal that does not end on the line is no reason to lose the rest: only its escape is removed.
pub fn without_terminal_codes(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\u{1b}' if has_unended_string(letters.as_str()) => {}
            '\u{1b}' => skip_escape(&mut letters),
            '\u{9b}' => skip_control_sequence(&mut letters),
            _ if letter.is_control() && letter != '\t' => {}
            _ => kept.push(letter),
        }
    }
    kept
}

/// Whether the text behind an escape character is a string for the terminal that does not end.
fn has_unended_string(text: &str) -> bool {
    text.starts_with([']', 'P', 'X', '^', '_'])
        && !text.contains(['\u{7}', '\u{9c}'])
        && !text.contains("\u{1b}\\")
}

/// Keeps lines and indents, and shows what could command or mislead a terminal instead of sending it.
pub fn shown(text: &str) -> String {
    let letter = |c: char| match c {
        '\n' | '\t' => c.to_string(),
        _ if c.is_control() || is_invisible(c) => c.escape_unicode().to_string(),
        _ => c.to_string(),
    };
    text.chars().map(letter).collect()
}

/// Returns the first line that is not empty, clean.
pub fn first_line(text: &str) -> String {
    text.lines()
        .map(clean)
        .find(|line| !line.is_empty())
        .unwrap_or_default()
}

fn clip(text: &str, longest: usize) -> String {
    let mut cleaned = String::new();
    let (mut kept, mut space) = (0, false);
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\u{1b}' => skip_escape(&mut letters),
            '\u{9b}' => skip_control_sequence(&mut letters),
            _ if letter.is_whitespace() || letter.is_control() => space = kept > 0,
            _ if is_invisible(letter) => {}
            _ if kept >= longest => return cleaned + "…",
            _ => {
                if std::mem::take(&mut space) {
                    cleaned.push(' ');
                }
                cleaned.push(letter);
                kept += 1;
            }
        }
    }
    cleaned
}

/// Whether it changes how other letters show: directions and zero widths.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Skips what follows an escape character: a control sequence, a string such as a title, or one letter.
fn skip_escape(letters: &mut std::str::Chars<'_>) {
    match letters.clone().next() {
        Some('[') => {
            letters.next();
            skip_control_sequence(letters);
        }
        Some(']' | 'P' | 'X' | '^' | '_') => skip_string(letters),
        Some(' '..='/') => {
            letters.find(|letter| !(' '..='/').contains(letter));
        }
        Some(letter) if !letter.is_control() => {
            letters.next();
        }
        Some(_) | None => {}
    }
}

fn skip_control_sequence(letters: &mut std::str::Chars<'_>) {
    letters.find(|letter| !(' '..='?').contains(letter));
}

/// Skips to the bell or the string terminator; without one it ends with the text.
fn skip_string(letters: &mut std::str::Chars<'_>) {
    while let Some(letter) = letters.next() {
        if letter == '\u{7}'
            || letter == '\u{9c}'
            || (letter == '\u{1b}' && letters.next() == Some('\\'))
        {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_an_agent_prints_reaches_the_terminal_as_a_command() {
        for (text, shown) in [
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{1b}]0;title\u{7}x", "x"),
            ("\u{1b}]8;;http://x\u{1b}\\link", "link"),
            ("\u{1b}(Bascii", "ascii"),
            ("\u{9b}2Jcleared", "cleared"),
            ("a\r\nb\tc\0d", "a b c d"),
            ("  padded  ", "padded"),
            ("evil\u{202e}txt", "eviltxt"),
            ("\u{1b}", ""),
            ("\u{1b}[", ""),
        ] {
            assert_eq!(clean(text), shown, "{text:?}");
        }
    }

    #[test]
    fn long_texts_are_clipped() {
        assert_eq!(clean(&"é".repeat(10_000)).chars().count(), MAX_LENGTH + 1);
        assert_eq!(plain(&"é".repeat(10_000)).chars().count(), 10_000);
    }
}
