//! The order that a priority means: a number, a fraction, or a word.
use serde_json::Value;

/// Words for priorities, the most urgent first.
const WORDS: [(&str, f64); 16] = [
    ("blocker", 0.0),
    ("critical", 0.0),
    ("urgent", 0.0),
    ("highest", 0.0),
    ("must", 0.0),
    ("high", 1.0),
    ("should", 1.0),
    ("medium", 2.0),
    ("normal", 2.0),
    ("moderate", 2.0),
    ("could", 2.0),
    ("low", 3.0),
    ("minor", 3.0),
    ("lowest", 4.0),
    ("trivial", 4.0),
    ("wont", 4.0),
];

/// Returns what stories are ordered by; what orders nothing comes last.
pub(super) fn order(priority: &Value) -> f64 {
    match priority {
        Value::Number(number) => number.as_f64().unwrap_or(f64::INFINITY),
        Value::String(text) => by_words(text),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => f64::INFINITY,
    }
}

/// Returns a priority that is a whole number.
pub(super) fn shown(priority: &Value) -> Option<u32> {
    match priority {
        Value::Number(number) => number.as_u64()?.try_into().ok(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn by_words(text: &str) -> f64 {
    let text = text.trim().to_lowercase();
    let digits = text.strip_prefix('p').unwrap_or(&text);
    let end = digits
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(digits.len());
    if let Ok(number) = digits[..end].parse() {
        return number;
    }
    let first = text.split(|c: char| !c.is_alphabetic()).next();
    WORDS
        .iter()
        .find(|(word, _)| Some(*word) == first)
        .map_or(f64::INFINITY, |(_, order)| *order)
}
