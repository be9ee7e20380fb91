//! Finds the line of a program's output that explains its failure.
use super::clean::clean;

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
            // Lines that only resemble the beginning of an error.
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
}
