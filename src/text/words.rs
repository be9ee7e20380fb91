//! Numbers, durations and shell words as text.
use super::clean::clean;
use std::fmt::Display;

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

/// Returns `2 tasks held by pipeline/auth/r1/3, user/ann`.
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
    // At the start of a word `~` means a home folder and, in zsh, `=` the path of a program.
    if !word.is_empty() && !word.starts_with(['~', '=']) && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// Returns the words of a line that [`shell_quote`] quoted.
pub fn shell_words(line: &str) -> Vec<String> {
    let (mut words, mut word): (Vec<String>, Option<String>) = (Vec::new(), None);
    let mut letters = line.chars();
    let mut quoted = false;
    while let Some(letter) = letters.next() {
        match letter {
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            '\\' if !quoted => word.get_or_insert_default().extend(letters.next()),
            ' ' if !quoted => words.extend(word.take()),
            letter => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn quoted_words_are_read_back() {
        let words = ["ap", "it's a", "", "a\\b", "\"x\"", "é ü", "'"];
        let line = words.map(shell_quote).join(" ");
        assert_eq!(shell_words(&line), words);
        assert_eq!(shell_words("ap  work a"), ["ap", "work", "a"]);
    }
}
