//! Prepares text of agents, tasks and programs for display: it may contain anything.
use std::fmt::Display;

/// The longest text that is shown as one, in characters.
const LONGEST: usize = 400;

/// Makes a text fit to print: no escape sequences or control characters, one line, at most 400 characters.
pub fn clean(text: &str) -> String {
    clip(text, LONGEST)
}

/// The same, however long.
pub fn plain(text: &str) -> String {
    clip(text, usize::MAX)
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

/// Returns the line of a program's stderr that explains its failure, clean: the first that begins as an error, else the first
/// that is not empty. The last line is often a hint (`help: …`).
pub fn error_line(stderr: &str) -> Option<String> {
    let mut lines = stderr.lines().map(clean).filter(|line| !line.is_empty());
    let first = lines.next()?;
    let error = std::iter::once(first.clone())
        .chain(lines)
        .find(|line| begins_as_error(line));
    Some(error.unwrap_or(first))
}

/// Whether a line begins with `error`, `fatal` or `panic`, after the name of a program too (`bd: error: …`), with the name of
/// an exception (`ValueError: …`), or with a sign for an error.
fn begins_as_error(line: &str) -> bool {
    let line = line.trim_start_matches('[');
    let after_program = line
        .split_once(": ")
        .filter(|(program, _)| !program.contains(' '))
        .and_then(|(_, rest)| rest.split_once(':'));
    line.starts_with(['×', '✗', '✘', '✖'])
        || is_panic(line)
        || is_exception(line)
        || ERROR_WORDS.contains(&first_word(line).as_str())
        || after_program.is_some_and(|(word, _)| ERROR_WORDS.contains(&word))
}

const ERROR_WORDS: [&str; 3] = ["error", "fatal", "panic"];

fn first_word(line: &str) -> String {
    line.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .flat_map(char::to_lowercase)
        .collect()
}

/// A panic of a Rust program: `thread 'main' panicked at …`.
fn is_panic(line: &str) -> bool {
    line.starts_with("thread '") && line.contains("' panicked at")
}

/// The last line of a Python traceback, or an uncaught error of Node: `json.decoder.JSONDecodeError: …`.
fn is_exception(line: &str) -> bool {
    let name = line
        .split_once(':')
        .map_or(line, |(name, _)| name)
        .rsplit('.')
        .next()
        .unwrap_or_default();
    name.starts_with(char::is_uppercase)
        && name.chars().all(char::is_alphanumeric)
        && (name.ends_with("Error") || name.ends_with("Exception"))
}

/// Returns `1 task` or `2 tasks`.
pub fn count(number: impl Display, noun: &str) -> String {
    let number = number.to_string();
    let ending = match number.as_str() {
        "1" => "",
        _ if noun.ends_with(['s', 'h']) => "es",
        _ => "s",
    };
    format!("{number} {noun}{ending}")
}

/// Returns a duration without rounding: `72h`, `1h30m`, `45s`.
pub fn exact_duration(seconds: u64) -> String {
    let parts = [
        (seconds / 3600, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
    ];
    let shown = parts.iter().filter(|(number, _)| *number > 0);
    let text: String = shown
        .map(|(number, unit)| format!("{number}{unit}"))
        .collect();
    if text.is_empty() {
        "0s".to_owned()
    } else {
        text
    }
}

/// Returns `2 tasks held by pipeline/auth/r1/3, person/ann`.
pub fn held(number: u32, by: &[String]) -> String {
    if number == 0 {
        return "tasks that others were quicker to take".to_owned();
    }
    let who = if by.is_empty() {
        "others".to_owned()
    } else {
        clean(&by.join(", "))
    };
    format!("{} held by {who}", count(number, "task"))
}

/// Quotes a word for a command line that is meant to be copied into a shell, if it needs quotes. We never run a shell ourselves.
pub fn shell_quote(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=@%+,~".contains(c);
    // At the beginning `~` is a home and, in zsh, `=` a program.
    if !word.is_empty() && !word.starts_with(['~', '=']) && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
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
    fn the_reason_of_a_failure_is_the_first_line_that_begins_as_an_error() {
        let cases = [
            (
                "error: no such model\n\nhelp: run `agent models`\n",
                "error: no such model",
            ),
            (
                "warning: old config\nError: cannot connect\n  at main.js:1\n",
                "Error: cannot connect",
            ),
            (
                "loading\nfatal: not a git repository\n",
                "fatal: not a git repository",
            ),
            (
                "usage: bd [-h]\nbd: error: unrecognized arguments: --x\n",
                "bd: error: unrecognized arguments: --x",
            ),
            (
                "Traceback (most recent call last):\n  File \"a.py\", line 1\n    raise ValueError(1)\nValueError: bad id\n",
                "ValueError: bad id",
            ),
            (
                "Traceback:\njson.decoder.JSONDecodeError: Expecting value\n",
                "json.decoder.JSONDecodeError: Expecting value",
            ),
            (
                "note: retrying\npanic: runtime error\n\ngoroutine 1 [running]:\n",
                "panic: runtime error",
            ),
            (
                "\u{1b}[1mthread 'main' panicked at src/main.rs:1:2:\u{1b}[0m\nno home\n",
                "thread 'main' panicked at src/main.rs:1:2:",
            ),
            ("[ERROR] no token\nsee the docs\n", "[ERROR] no token"),
            (
                "  × the file is missing\n  help: create it\n",
                "× the file is missing",
            ),
            (
                "error[E0308]: mismatched types\n",
                "error[E0308]: mismatched types",
            ),
            // Words that only look like the beginning of an error.
            (
                "Errors are shown below\nerror_code is unset\n",
                "Errors are shown below",
            ),
            (
                "the token expired\nsee: error handling\nlog in again\n",
                "the token expired",
            ),
        ];
        for (stderr, expected) in cases {
            assert_eq!(error_line(stderr).as_deref(), Some(expected));
        }
        assert_eq!(error_line(" \n\n"), None);
    }

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
    fn exact_durations_leave_out_empty_units() {
        assert_eq!(
            [0, 45, 90, 5400, 259_200, 3601].map(exact_duration),
            ["0s", "45s", "1m30s", "1h30m", "72h", "1h1s"]
        );
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!(
            [count(0, "task"), count(1, "task"), count(2, "task")],
            ["0 tasks", "1 task", "2 tasks"]
        );
        assert_eq!(
            [count(1, "process"), count(3, "process")],
            ["1 process", "3 processes"]
        );
    }

    #[test]
    fn long_texts_are_clipped() {
        assert_eq!(clean(&"é".repeat(10_000)).chars().count(), LONGEST + 1);
        assert_eq!(plain(&"é".repeat(10_000)).chars().count(), 10_000);
    }

    #[test]
    fn shell_words_are_quoted_only_when_needed() {
        let words = [
            "auth", "/a/b.c", "a b", "it's", "$HOME", "", "~/x", "a~", "=ls", "a=b",
        ]
        .map(shell_quote);
        assert_eq!(
            words,
            [
                "auth",
                "/a/b.c",
                "'a b'",
                "'it'\\''s'",
                "'$HOME'",
                "''",
                "'~/x'",
                "a~",
                "'=ls'",
                "a=b"
            ]
        );
    }
}
