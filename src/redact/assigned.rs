//! Values that are assigned to variables whose names say that they hold secrets: `DB_PASSWORD=…`.
use super::bytes::{is_placeholder, run};
use super::known::{MIN_VALUE, is_secret_name};
use std::ops::Range;

pub(super) use super::known::NAMES as ANCHORS;

/// Of other names with KEY in them, a value is a secret only if it looks like one: `SORT_KEY=created_at`.
const KEYS: [&str; 5] = ["API", "ACCESS", "PRIVATE", "ENCRYPTION", "SIGNING"];

pub(super) fn secret_at(text: &[u8], at: usize) -> Option<Range<usize>> {
    let in_name = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let before = text[..at]
        .iter()
        .rev()
        .take_while(|byte| in_name(**byte))
        .count();
    let end = at + run(text, at, in_name);
    let name = std::str::from_utf8(&text[at - before..end]).ok()?;
    if text.get(end) != Some(&b'=') || !is_secret_name(name) {
        return None;
    }
    let quotes = run(text, end + 1, |byte| b"\"'\\".contains(&byte)).min(2);
    let start = end + 1 + quotes;
    let length = run(text, start, |byte| {
        !byte.is_ascii_whitespace() && !b"\"'`;&|()<>\\,".contains(&byte)
    });
    let value = &text[start..start + length];
    (MIN_VALUE <= length && is_secret(name, value)).then_some(start..start + length)
}

fn is_secret(name: &str, value: &[u8]) -> bool {
    let is_path = value.starts_with(b"/") || value.starts_with(b"~") || value.starts_with(b"./");
    let is_compared = value.starts_with(b"=");
    let is_number = value.len() < 12 && value.iter().all(u8::is_ascii_digit);
    if is_path || is_compared || is_number || is_placeholder(value) {
        return false;
    }
    let says_more = name.contains("TOKEN") || name.contains("SECRET") || name.contains("PASSW");
    let has = |fits: fn(&u8) -> bool| value.iter().any(fits);
    let looks_random = has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
    says_more || KEYS.iter().any(|word| name.contains(word)) || looks_random
}
