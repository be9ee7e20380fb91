//! Secrets in headers (`Authorization: Bearer …`) and private keys in blocks.
use super::bytes::{is_placeholder, run};
use std::ops::Range;

pub(super) const ANCHORS: [&str; 6] = [
    "uthorization",
    "UTHORIZATION",
    "earer ",
    "EARER ",
    "-----BEGIN ",
    "aws_secret_access_key",
];

/// Authentication schemes, which precede the credentials.
const SCHEMES: [&str; 6] = ["bearer", "basic", "token", "apikey", "digest", "negotiate"];
/// Minimum length of credentials.
const LEAST: usize = 6;
/// Values of at least this length are not ordinary words.
const NO_WORD: usize = 16;
/// The longest block of a private key.
const LONGEST_KEY: usize = 16 * 1024;

pub(super) fn secret_at(text: &[u8], at: usize) -> Option<Range<usize>> {
    let rest = &text[at..];
    if rest.starts_with(b"-----BEGIN ") {
        return private_key(text, at);
    }
    if rest.starts_with(b"aws_secret_access_key") {
        let value = skip_assignment(text, at + "aws_secret_access_key".len())?;
        let length = run(text, value, in_value);
        return (NO_WORD <= length).then_some(value..value + length);
    }
    if rest.len() < 12 || !rest[..12].eq_ignore_ascii_case(b"uthorization") {
        let is_bearer = rest.len() >= 6 && rest[..6].eq_ignore_ascii_case(b"earer ");
        return is_bearer.then(|| credentials(text, at + 6, true)).flatten();
    }
    let value = skip_assignment(text, at + 12)?;
    let scheme = run(text, value, |byte| byte.is_ascii_alphanumeric());
    let word = text[value..value + scheme].to_ascii_lowercase();
    let is_scheme = SCHEMES.iter().any(|known| known.as_bytes() == word);
    let behind = value + scheme;
    if is_scheme && text.get(behind) == Some(&b' ') {
        let spaces = run(text, behind, |byte| byte == b' ');
        return credentials(text, behind + spaces, true);
    }
    credentials(text, value, false)
}

/// Skips quotes, spaces and the sign of an assignment; nothing if there is no such sign.
fn skip_assignment(text: &[u8], at: usize) -> Option<usize> {
    let between = run(text, at, |byte| b" \t\"'\\:=>".contains(&byte));
    let has_sign = text[at..at + between]
        .iter()
        .any(|byte| b":=".contains(byte));
    has_sign.then_some(at + between)
}

fn credentials(text: &[u8], at: usize, after_scheme: bool) -> Option<Range<usize>> {
    let length = run(text, at, in_value);
    let value = text[at..at + length].trim_ascii_end();
    let value = value.strip_suffix(b".").unwrap_or(value);
    let has = |fits: fn(&u8) -> bool| value.iter().any(fits);
    let is_word =
        value.len() < NO_WORD && !has(u8::is_ascii_digit) && !has(|byte| b"._~+/=".contains(byte));
    let is_value = if after_scheme {
        !is_word
    } else {
        NO_WORD <= value.len() && has(u8::is_ascii_digit)
    };
    (LEAST <= value.len() && is_value && !is_placeholder(value)).then(|| at..at + value.len())
}

fn in_value(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._~+/=-:".contains(&byte)
}

/// Returns the block of a private key. A block without an end extends to the longest length.
fn private_key(text: &[u8], at: usize) -> Option<Range<usize>> {
    let header = &text[at + 11..text.len().min(at + 64)];
    let name = header
        .windows(5)
        .position(|part| part == b"-----")
        .map(|end| &header[..end])?;
    let is_private = name
        .windows(11)
        .any(|part| part.eq_ignore_ascii_case(b"PRIVATE KEY"));
    if !is_private {
        return None;
    }
    let most = text.len().min(at + LONGEST_KEY);
    let body = &text[at + 11 + name.len() + 5..most];
    let begin = most - body.len();
    let end = body.windows(9).position(|part| part == b"-----END ");
    let end = end.map_or_else(
        || begin + run(text, begin, in_block).min(LONGEST_KEY),
        |end| {
            let label = begin + end + 9;
            let length = run(text, label, |byte| byte != b'-' && byte != b'\n');
            label + length + run(text, label + length, |byte| byte == b'-').min(5)
        },
    );
    Some(at..end)
}

/// Whether a block may contain a byte: base64, line breaks, and their JSON escapes.
fn in_block(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=\n\r\\ \t".contains(&byte)
}
