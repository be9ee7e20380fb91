//! Secrets in addresses: a password before the host, and the tokens of webhooks.
use super::bytes::{is_placeholder, is_token_byte, run};
use std::ops::Range;

pub(super) const ANCHORS: [&str; 3] = ["://", "hooks.slack.com/services/", "/api/webhooks/"];

/// The longest user name and password.
const LONGEST: usize = 512;
/// Minimum length of the token of a webhook.
const LEAST_TOKEN: usize = 20;

pub(super) fn secret_at(text: &[u8], at: usize) -> Option<Range<usize>> {
    let rest = &text[at..];
    if rest.starts_with(b"://") {
        return password(text, at + 3);
    }
    if rest.starts_with(b"hooks.slack.com/services/") {
        let start = at + "hooks.slack.com/services/".len();
        let length = run(text, start, |byte| {
            byte.is_ascii_alphanumeric() || byte == b'/'
        });
        let has_digit = text[start..start + length].iter().any(u8::is_ascii_digit);
        return (LEAST_TOKEN <= length && has_digit).then_some(start..start + length);
    }
    if rest.starts_with(b"/api/webhooks/") {
        let id = at + "/api/webhooks/".len();
        let digits = run(text, id, |byte| byte.is_ascii_digit());
        let start = id + digits + 1;
        let is_id = 6 <= digits && text.get(id + digits) == Some(&b'/');
        let length = run(text, start, is_token_byte);
        return (is_id && LEAST_TOKEN <= length).then_some(start..start + length);
    }
    None
}

/// Returns the password in `user:password@host`.
fn password(text: &[u8], start: usize) -> Option<Range<usize>> {
    let user = run(text, start, |byte| {
        byte.is_ascii_alphanumeric() || b"._-%+~".contains(&byte)
    });
    if text.get(start + user) != Some(&b':') || LONGEST < user {
        return None;
    }
    let at = start + user + 1;
    let length = run(text, at, |byte| {
        !byte.is_ascii_whitespace() && !b"/@\"'<>\\?#`".contains(&byte)
    });
    let value = &text[at..at + length];
    let ends = text.get(at + length) == Some(&b'@') && 0 < length && length < LONGEST;
    let is_host = text
        .get(at + length + 1)
        .is_some_and(|byte| byte.is_ascii_alphanumeric() || b"[$".contains(byte));
    (ends && is_host && !is_placeholder(value)).then_some(at..at + length)
}
