//! Converts values of a story to text, whatever their type.
use serde_json::Value;

/// Fields of an object that hold its main text, the first one first.
const MAIN_FIELDS: [&str; 7] = [
    "description",
    "text",
    "criterion",
    "criteria",
    "title",
    "name",
    "content",
];

/// Returns a value as text; empty for null.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.trim().to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(values) => joined(values.iter().map(text), "\n"),
        Value::Object(fields) => match MAIN_FIELDS.iter().find_map(|name| fields.get(*name)) {
            Some(main @ Value::String(_)) => text(main),
            _ => joined(
                fields
                    .iter()
                    .map(|(name, value)| format!("{name}: {}", text(value))),
                ", ",
            ),
        },
    }
}

/// Returns a value as a list of texts: its elements, or the lines of a text without their bullets.
pub(super) fn list(value: &Value) -> Vec<String> {
    let texts: Vec<String> = match value {
        Value::Array(values) => values.iter().map(text).collect(),
        Value::String(text) => text
            .lines()
            .map(|line| {
                line.trim()
                    .trim_start_matches(['-', '*', '•', ' '])
                    .to_owned()
            })
            .collect(),
        other => vec![text(other)],
    };
    texts.into_iter().filter(|text| !text.is_empty()).collect()
}

fn joined(texts: impl Iterator<Item = String>, between: &str) -> String {
    let texts: Vec<String> = texts.filter(|text| !text.is_empty()).collect();
    texts.join(between)
}
