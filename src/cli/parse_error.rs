//! A command line that clap refuses, as one of our errors.
use crate::error::{Error, ErrorKind};
use clap::error::{ContextKind, ContextValue, ErrorKind as ClapKind};
use std::ffi::OsString;

/// Returns the error for a command line that cannot be parsed.
pub(super) fn error(refused: &clap::Error, args: &[OsString]) -> Error {
    let (kind, message) = match refused.kind() {
        ClapKind::UnknownArgument => (ErrorKind::Usage, unknown_argument(refused)),
        ClapKind::InvalidSubcommand => {
            let word = text(refused, ContextKind::InvalidSubcommand);
            (ErrorKind::NotFound, format!("there is no command `{word}`"))
        }
        ClapKind::InvalidValue | ClapKind::ValueValidation => {
            (ErrorKind::BadValue, invalid_value(refused))
        }
        ClapKind::MissingRequiredArgument => {
            let missing = list(refused, ContextKind::InvalidArg);
            let verb = if missing.len() == 1 { "is" } else { "are" };
            (
                ErrorKind::Usage,
                format!("{} {verb} missing", quoted(&missing)),
            )
        }
        ClapKind::ArgumentConflict => (ErrorKind::Usage, conflict(refused)),
        _ => (ErrorKind::Usage, first_line(refused)),
    };
    Error::new(kind, message).hint(hint(refused, args))
}

fn unknown_argument(refused: &clap::Error) -> String {
    let word = text(refused, ContextKind::InvalidArg);
    if word.starts_with('-') {
        format!("there is no option `{word}`")
    } else {
        format!("unexpected argument `{word}`")
    }
}

fn invalid_value(refused: &clap::Error) -> String {
    let argument = text(refused, ContextKind::InvalidArg);
    let value = text(refused, ContextKind::InvalidValue);
    if value.is_empty() {
        return format!("`{argument}` needs a value");
    }
    let reason = std::error::Error::source(refused).map_or_else(String::new, |reason| {
        format!(": {}", plain(&reason.to_string()))
    });
    format!("`{value}` cannot be used for `{argument}`{reason}")
}

/// Returns why a value cannot be read, without the words of Rust's parsers.
fn plain(reason: &str) -> &str {
    match reason {
        "invalid digit found in string" | "cannot parse integer from empty string" => {
            "a whole number is needed"
        }
        reason => reason,
    }
}

fn conflict(refused: &clap::Error) -> String {
    let argument = text(refused, ContextKind::InvalidArg);
    let others = list(refused, ContextKind::PriorArg);
    match &others[..] {
        [] => first_line(refused),
        [other] if *other == argument => format!("`{argument}` is given twice"),
        others => format!("`{argument}` cannot be used with {}", quoted(others)),
    }
}

/// Returns what to write instead, as far as clap knows, and where the help is.
fn hint(refused: &clap::Error, args: &[OsString]) -> String {
    let suggested = [
        ContextKind::SuggestedArg,
        ContextKind::SuggestedValue,
        ContextKind::SuggestedSubcommand,
    ]
    .into_iter()
    .flat_map(|kind| list(refused, kind))
    .next();
    if let Some(suggested) = suggested {
        return format!("did you mean `{suggested}`?");
    }
    let choices = list(refused, ContextKind::ValidValue);
    if !choices.is_empty() {
        return format!("one of: {}", quoted(&choices));
    }
    format!("see `{} --help`", command(refused, args))
}

/// Returns the command as far as it was understood: `ap queue claim`. A loop's name is a command, too.
fn command(refused: &clap::Error, args: &[OsString]) -> String {
    let usage = text(refused, ContextKind::Usage);
    let words = usage.trim_start_matches("Usage:").split_whitespace();
    let names: Vec<&str> = words
        .take_while(|word| word.starts_with(|letter: char| letter.is_ascii_lowercase()))
        .collect();
    let first = args.get(1).and_then(|word| word.to_str());
    match (&names[..], first.filter(|word| !word.starts_with('-'))) {
        ([] | ["ap"], Some(first)) => format!("ap {first}"),
        ([], None) => "ap".to_owned(),
        (names, _) => names.join(" "),
    }
}

fn list(refused: &clap::Error, kind: ContextKind) -> Vec<String> {
    match refused.get(kind) {
        Some(ContextValue::String(one)) => vec![one.clone()],
        Some(ContextValue::Strings(all)) => all.clone(),
        Some(ContextValue::StyledStr(text)) => vec![text.to_string()],
        Some(ContextValue::StyledStrs(all)) => all.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}

fn text(refused: &clap::Error, kind: ContextKind) -> String {
    list(refused, kind).into_iter().next().unwrap_or_default()
}

fn quoted(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}

fn first_line(refused: &clap::Error) -> String {
    let shown = refused.render().to_string();
    let line = shown.lines().next().unwrap_or_default();
    line.trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::command::check;
    use insta::assert_snapshot;

    fn refused(line: &str) -> String {
        let args: Vec<&str> = line.split(' ').collect();
        let words: Vec<OsString> = args.iter().map(OsString::from).collect();
        let error = error(&check(&args).unwrap_err(), &words);
        format!(
            "{} ({}, exit {})\nhelp: {}",
            error,
            error.kind(),
            error.exit_code().number(),
            error.help().unwrap_or_default()
        )
    }

    #[test]
    fn a_refused_command_line_reads_like_every_other_error() {
        let lines = [
            "ap work auth 25 --modle opus",
            "ap work auth 25 more",
            "ap work auth 0",
            "ap work auth twentyfive",
            "ap work auth 25 --max 0",
            "ap work auth --permissions acceptEdit",
            "ap work auth --claim me",
            "ap work auth --max-cost cheap",
            "ap work auth --model",
            "ap work auth --resume --record",
            "ap work a/b",
            "ap status a b",
            "ap wait",
            "ap queue steal",
            "ap schema lop",
            "ap dry-run loop work --graph uml",
            "ap logs s --iteration x",
        ];
        let shown = lines.map(|line| format!("$ {line}\n{}", refused(line)));
        assert_snapshot!(shown.join("\n\n"), @"
        $ ap work auth 25 --modle opus
        there is no option `--modle` (usage, exit 2)
        help: did you mean `--model`?

        $ ap work auth 25 more
        unexpected argument `more` (usage, exit 2)
        help: see `ap work --help`

        $ ap work auth 0
        `0` cannot be used for `[MAX]`: a whole number is needed, 1 or more (bad-value, exit 2)
        help: see `ap work --help`

        $ ap work auth twentyfive
        `twentyfive` cannot be used for `[MAX]`: a whole number is needed, 1 or more (bad-value, exit 2)
        help: see `ap work --help`

        $ ap work auth 25 --max 0
        `0` cannot be used for `--max <N>`: a whole number is needed, 1 or more (bad-value, exit 2)
        help: see `ap work --help`

        $ ap work auth --permissions acceptEdit
        `acceptEdit` cannot be used for `--permissions <MODE>` (bad-value, exit 2)
        help: did you mean `acceptEdits`?

        $ ap work auth --claim me
        `me` cannot be used for `--claim <WHO>` (bad-value, exit 2)
        help: one of: `agent`, `engine`

        $ ap work auth --max-cost cheap
        `cheap` cannot be used for `--max-cost <USD>`: an amount like 12.50 is needed (bad-value, exit 2)
        help: see `ap work --help`

        $ ap work auth --model
        `--model <MODEL>` needs a value (bad-value, exit 2)
        help: see `ap work --help`

        $ ap work auth --resume --record
        `--resume` cannot be used with `--record[=<DIR>]` (usage, exit 2)
        help: see `ap work --help`

        $ ap work a/b
        `a/b` cannot be used for `[SESSION]`: session name `a/b` may contain only letters, digits, `-` and `_` (bad-value, exit 2)
        help: see `ap work --help`

        $ ap status a b
        unexpected argument `b` (usage, exit 2)
        help: see `ap status --help`

        $ ap wait
        `<SESSION>` is missing (usage, exit 2)
        help: see `ap wait --help`

        $ ap queue steal
        there is no command `steal` (not-found, exit 2)
        help: did you mean `status`?

        $ ap schema lop
        `lop` cannot be used for `[NAME]` (bad-value, exit 2)
        help: did you mean `loop`?

        $ ap dry-run loop work --graph uml
        `uml` cannot be used for `--graph <LANGUAGE>` (bad-value, exit 2)
        help: one of: `mermaid`, `dot`

        $ ap logs s --iteration x
        `x` cannot be used for `--iteration <N>`: a whole number is needed (bad-value, exit 2)
        help: see `ap logs --help`
        ");
    }
}
