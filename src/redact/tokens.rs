//! Tokens that are recognised by their prefix.
use super::bytes::{begins_word, is_token_byte, run};
use std::ops::Range;

/// A kind of token.
pub(super) struct Token {
    pub(super) prefix: &'static str,
    /// Minimum number of bytes after the prefix.
    least: usize,
    letters: Letters,
}

/// The alphabet of a token.
#[derive(Clone, Copy)]
enum Letters {
    /// Letters, digits, `_` and `-`.
    Any,
    /// The same, with at least one capital and one digit, as random tokens have.
    Mixed,
    /// Letters and digits.
    Alphanumeric,
    /// Capitals and digits.
    Capitals,
    /// Letters, digits, `_`, `-` and dots.
    Dotted,
    /// The same, with at least one digit.
    Numbered,
}

const fn token(prefix: &'static str, least: usize, letters: Letters) -> Token {
    Token {
        prefix,
        least,
        letters,
    }
}

/// All kinds of token. A prefix that begins with another one comes before it.
pub(super) const TOKENS: [Token; 37] = [
    token("sk-ant-", 12, Letters::Any),
    token("sk-proj-", 16, Letters::Any),
    token("sk-svcacct-", 16, Letters::Any),
    token("sk-or-v1-", 16, Letters::Any),
    token("sk-", 20, Letters::Mixed),
    token("ghp_", 16, Letters::Alphanumeric),
    token("gho_", 16, Letters::Alphanumeric),
    token("ghs_", 16, Letters::Alphanumeric),
    token("ghu_", 16, Letters::Alphanumeric),
    token("ghr_", 16, Letters::Alphanumeric),
    token("github_pat_", 20, Letters::Any),
    token("glpat-", 16, Letters::Any),
    token("gldt-", 16, Letters::Mixed),
    token("glrt-", 16, Letters::Mixed),
    token("xoxb-", 16, Letters::Numbered),
    token("xoxp-", 16, Letters::Numbered),
    token("xoxa-", 16, Letters::Numbered),
    token("xoxr-", 16, Letters::Numbered),
    token("xoxs-", 16, Letters::Numbered),
    token("xapp-", 20, Letters::Mixed),
    token("AKIA", 16, Letters::Capitals),
    token("ASIA", 16, Letters::Capitals),
    token("AIza", 30, Letters::Any),
    token("ya29.", 20, Letters::Any),
    token("GOCSPX-", 20, Letters::Any),
    token("sk_live_", 16, Letters::Alphanumeric),
    token("sk_test_", 16, Letters::Alphanumeric),
    token("rk_live_", 16, Letters::Alphanumeric),
    token("rk_test_", 16, Letters::Alphanumeric),
    token("pk_live_", 16, Letters::Alphanumeric),
    token("whsec_", 24, Letters::Alphanumeric),
    token("npm_", 36, Letters::Alphanumeric),
    token("pypi-AgE", 32, Letters::Any),
    token("hf_", 30, Letters::Alphanumeric),
    token("SG.", 40, Letters::Dotted),
    token("dop_v1_", 32, Letters::Alphanumeric),
    token("tskey-auth-", 16, Letters::Any),
];

/// How a JSON Web Token begins: `{"` in base64.
pub(super) const JWT: &str = "eyJ";
/// The text between the number of a Telegram bot and the rest of its token; the secret part always begins with `AA`.
pub(super) const TELEGRAM: &str = ":AA";
/// Length of the secret part of that token.
const TELEGRAM_SECRET: usize = 35;

pub(super) fn secret_at(text: &[u8], at: usize) -> Option<Range<usize>> {
    let rest = &text[at..];
    if rest.starts_with(JWT.as_bytes()) {
        return jwt(text, at);
    }
    if rest.starts_with(TELEGRAM.as_bytes()) {
        return telegram(text, at);
    }
    if !begins_word(text, at) {
        return None;
    }
    TOKENS
        .iter()
        .filter(|token| rest.starts_with(token.prefix.as_bytes()))
        .find_map(|token| {
            let length = token.length(text, at + token.prefix.len())?;
            Some(at..at + token.prefix.len() + length)
        })
}

impl Token {
    /// Returns the length of the part after the prefix, if it is a token.
    fn length(&self, text: &[u8], at: usize) -> Option<usize> {
        let length = match self.letters {
            Letters::Any | Letters::Mixed | Letters::Numbered => run(text, at, is_token_byte),
            Letters::Alphanumeric => run(text, at, |byte| byte.is_ascii_alphanumeric()),
            Letters::Capitals => run(text, at, |byte| {
                byte.is_ascii_uppercase() || byte.is_ascii_digit()
            }),
            Letters::Dotted => run(text, at, |byte| is_token_byte(byte) || byte == b'.'),
        };
        let part = &text[at..at + length];
        let has = |fits: fn(&u8) -> bool| part.iter().any(fits);
        let fits = match self.letters {
            Letters::Mixed | Letters::Dotted => {
                has(u8::is_ascii_digit) && has(u8::is_ascii_uppercase)
            }
            Letters::Numbered => has(u8::is_ascii_digit),
            // A longer word is none.
            Letters::Capitals => {
                length == self.least
                    && !text.get(at + length).is_some_and(u8::is_ascii_alphanumeric)
            }
            // `xxxxxxxx`, as in documents.
            Letters::Any | Letters::Alphanumeric => {
                part.iter().any(|byte| Some(byte) != part.first())
            }
        };
        (self.least <= length && fits).then_some(length)
    }
}

/// Finds three parts in base64, of which the first two are JSON objects.
fn jwt(text: &[u8], at: usize) -> Option<Range<usize>> {
    let first = at + run(text, at, is_token_byte);
    if first < at + 10 || !text[first..].starts_with(b".eyJ") {
        return None;
    }
    let second = first + 1 + run(text, first + 1, is_token_byte);
    if text.get(second) != Some(&b'.') {
        return None;
    }
    let end = second + 1 + run(text, second + 1, is_token_byte);
    (second + 10 < end).then_some(at..end)
}

fn telegram(text: &[u8], at: usize) -> Option<Range<usize>> {
    let digits = text[..at]
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let secret = run(text, at + 1, is_token_byte);
    (6 <= digits && TELEGRAM_SECRET <= secret).then(|| at - digits..at + 1 + secret)
}
