//! Reads a definition and reports every value in it that cannot be read, not only the first.
use super::diagnostics::{self, Document, LintCode, Path, Problem, Side, Step};
use super::foreign::is_foreign;
use super::synonyms;
use crate::plan::suggest;
use serde::de::{DeserializeOwned, Error as _};
use serde_path_to_error::Segment;
use serde_yaml::{Mapping, Value};

/// Problems reported per file; the limit also bounds the work.
pub(super) const MAX_PROBLEMS: usize = 50;
/// Top-level keys with this prefix hold anchors and are ignored.
pub(super) const IGNORED: &str = "x-";
/// Brackets that may be open at once, including those in texts: the parser's work grows with their square.
const MAX_DEPTH: usize = 1000;

/// Returns the readable part of a definition, and reports each value that cannot be read; `None` if nothing is
/// readable.
///
/// The trick: when a value cannot be read, report it, take it out, and read again.
pub(super) fn read<T: DeserializeOwned>(document: &Document) -> Option<T> {
    match values(document)? {
        Value::Null => refuse(document, "the file is empty"),
        value if is_foreign(document, &value) => None,
        value => readable(document, value, &[]),
    }
}

/// Returns the readable parts of a text whose keys are those of two types; nothing is set by an empty text. `keys` are those
/// of the first type, `others` some of the second, which are suggested for a mistyped one.
pub(super) fn read_both<A, B>(document: &Document, keys: &[&str], others: &[&str]) -> Option<(A, B)>
where
    A: DeserializeOwned + Default,
    B: DeserializeOwned + Default,
{
    let Value::Mapping(all) = values(document)? else {
        return Some((A::default(), B::default()));
    };
    let is_first = |(key, _): &(Value, Value)| key.as_str().is_some_and(|key| keys.contains(&key));
    let (first, second) = all.into_iter().partition::<Mapping, _>(is_first);
    let second = readable(document, Value::Mapping(second), keys);
    Some((readable(document, Value::Mapping(first), others)?, second?))
}

/// Returns the values of a text, if it has `key: value` lines or nothing.
fn values(document: &Document) -> Option<Value> {
    match parse(document.text()) {
        Ok(value @ (Value::Mapping(_) | Value::Null)) => Some(value),
        Ok(_) => refuse(document, "the file must have `key: value` lines"),
        Err(error) => {
            document.report(syntax(document, &error));
            None
        }
    }
}

/// Returns what can be read of values, and reports the rest; `more` are keys that the text may have, too.
fn readable<T: DeserializeOwned>(
    document: &Document,
    mut value: Value,
    more: &[&str],
) -> Option<T> {
    for _ in 0..MAX_PROBLEMS {
        let error = match serde_path_to_error::deserialize::<_, T>(value.clone()) {
            Ok(read) => return Some(read),
            Err(error) => error,
        };
        let (path, problem) = mistake(document, &error, more);
        document.report(problem);
        if !remove(&mut value, &path.0) {
            return None;
        }
    }
    None
}

/// Returns a text's values, with anchors and merge keys (`<<`) put in.
pub(super) fn parse(text: &str) -> Result<Value, serde_yaml::Error> {
    if too_deep(text).is_some() {
        return Err(serde_yaml::Error::custom("recursion limit exceeded"));
    }
    let mut value: Value = serde_yaml::from_str(text)?;
    value.apply_merge()?;
    if let Value::Mapping(keys) = &mut value {
        keys.retain(|key, _| !key.as_str().is_some_and(|key| key.starts_with(IGNORED)));
    }
    Ok(value)
}

/// Returns where a text opens too many brackets.
fn too_deep(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    text.bytes().position(|byte| {
        open = match byte {
            b'[' | b'{' => open + 1,
            b']' | b'}' => open.saturating_sub(1),
            _ => open,
        };
        MAX_DEPTH < open
    })
}

fn refuse<T>(document: &Document, message: &str) -> Option<T> {
    document.report(
        document
            .spanning(0..0, &Path::default(), LintCode::NotADefinition, message)
            .unreadable(),
    );
    None
}

fn syntax(document: &Document, error: &serde_yaml::Error) -> Problem {
    let text = document.text();
    let start = error.location().map_or(0, |location| {
        diagnostics::offset(text, location.line(), location.column())
    });
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    if message.contains("more than one document") {
        let start = second_document(text);
        let problem = document.spanning(
            start..start + 3,
            &Path::default(),
            LintCode::Yaml,
            "the file has more than one YAML document",
        );
        return problem.hint("keep the part before or after this `---`, and move the other part into a file of its own").unreadable();
    }
    let merge = || {
        message
            .contains("for merging")
            .then(|| text.find("<<"))
            .flatten()
    };
    let start = second_key(text, start, message)
        .or_else(merge)
        .or_else(|| too_deep(text))
        .unwrap_or(start);
    let end = start + text[start..].lines().next().map_or(0, str::len);
    let problem = document
        .spanning(
            start..end,
            &Path::default(),
            LintCode::Yaml,
            format!("not valid YAML: {message}"),
        )
        .unreadable();
    if message.contains("cannot start any token") || message.contains("tab character") {
        problem.hint(
            "indent with spaces, never tabs, and quote a text that starts with a special character",
        )
    } else if message.contains("duplicate entry") {
        problem.hint("keep one of the two")
    } else if message.contains("anchor") || message.contains("for merging") {
        problem.hint("`*name` refers to an anchor `&name` further up; `<<: *name` needs an anchor on a mapping")
    } else if message.contains("limit exceeded") {
        problem.hint("the file is nested too deeply, or an anchor (`&name`) contains itself or expands to too much: write the values out")
    } else {
        problem.hint("check the indentation here and in the line above, and quote texts that contain `: ` or ` #`")
    }
}

/// Returns where the line is that ends the first document.
fn second_document(text: &str) -> usize {
    let (mut at, mut begun) = (0, false);
    for line in text.split_inclusive('\n') {
        let is_mark = line.trim_end() == "---" || line.starts_with("--- ");
        if is_mark && begun {
            return at;
        }
        begun |= is_mark || !(line.trim().is_empty() || line.trim_start().starts_with('#'));
        at += line.len();
    }
    0
}

/// Returns where the second of two equal keys is, in the same column; the parser reports only the mapping.
fn second_key(text: &str, start: usize, message: &str) -> Option<usize> {
    let key = message
        .split_once("duplicate entry with key \"")?
        .1
        .trim_end_matches('"');
    let column = diagnostics::line_column(text, start).1;
    let again = |at: usize| {
        text[at..].starts_with(&format!("{key}:")) && diagnostics::line_column(text, at).1 == column
    };
    text[start..]
        .match_indices(key)
        .map(|(at, _)| start + at)
        .filter(|at| again(*at))
        .nth(1)
}

fn mistake(
    document: &Document,
    error: &serde_path_to_error::Error<serde_yaml::Error>,
    more: &[&str],
) -> (Path, Problem) {
    let mut path = path(error.path());
    let message = error.inner().to_string();
    if let Some((key, known)) = unknown_key(&message) {
        if path.0.last() != Some(&Step::Key(key.to_owned())) {
            path = path.to(key);
        }
        let problem = document.at_key(&path, LintCode::UnknownKey, format!("unknown key `{key}`"));
        let known = [&known, more].concat();
        let is_top = path.0.len() == 1;
        let hint = match synonyms::meant(key, &known) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => match synonyms::other_file(key).filter(|_| is_top) {
                Some(file) => format!("`{key}` belongs into {file}"),
                None => suggest::hint(key, known),
            },
        };
        return (path, problem.hint(hint).unreadable());
    }
    let what = if message.contains("expected field identifier") {
        "each key".to_owned()
    } else {
        format!("`{path}`")
    };
    let problem = document
        .at(
            &path,
            LintCode::BadValue,
            format!("{what} must be {}", expectation(&message)),
        )
        .unreadable();
    (path, problem)
}

fn path(path: &serde_path_to_error::Path) -> Path {
    Path(
        path.iter()
            .filter_map(|segment| match segment {
                Segment::Seq { index } => Some(Step::Index(*index)),
                Segment::Map { key } => Some(Step::Key(key.clone())),
                Segment::Enum { variant } => Some(Step::Key(variant.clone())),
                Segment::Unknown => None,
            })
            .collect(),
    )
}

/// Parses serde's message ``unknown field `x`, expected one of `a`, `b` ``.
fn unknown_key(message: &str) -> Option<(&str, Vec<&str>)> {
    let mut quoted = message
        .split_once("unknown field ")?
        .1
        .split('`')
        .skip(1)
        .step_by(2);
    let key = quoted.next()?;
    Some((key, quoted.collect()))
}

/// Returns what serde expected and what it found, in plain words.
fn expectation(message: &str) -> String {
    let Some((found, expected)) = message.rsplit_once(", expected ") else {
        return message.to_owned();
    };
    let found = found
        .trim_start_matches("invalid type: ")
        .trim_start_matches("invalid value: ")
        .replace("unit value", "nothing");
    let expected = match expected {
        "u32" | "u64" => "a whole number, 0 or more",
        "f64" => "a number",
        "a string" | "string" | "field identifier" => "a text",
        "a boolean" => "`true` or `false`",
        "a sequence" => "a list",
        "a map" => "`key: value` lines",
        other if other.starts_with("struct") => "`key: value` lines",
        other => other,
    };
    let found = match found.as_str() {
        "sequence" => "a list",
        "map" => "`key: value` lines",
        other => other,
    };
    format!("{expected}, not {found}")
}

/// Removes the value; of a list the whole list, because removing an item would move the others.
fn remove(value: &mut Value, path: &[Step]) -> bool {
    match path {
        [Step::Key(key)] | [Step::Key(key), Step::Index(_)] => value
            .as_mapping_mut()
            .is_some_and(|map| map.remove(key.as_str()).is_some()),
        [Step::Key(key), rest @ ..] => value
            .get_mut(key.as_str())
            .is_some_and(|inner| remove(inner, rest)),
        [Step::Index(index), rest @ ..] => value
            .get_mut(*index)
            .is_some_and(|inner| remove(inner, rest)),
        [] => false,
    }
}

/// Returns one string of a definition that may have errors elsewhere.
pub(super) fn peek<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

/// Returns where a path's value starts.
pub(super) fn start(document: &Document, path: &Path) -> usize {
    diagnostics::locate(document.text(), path, Side::Value).start
}
