//! The shapes of secrets. The search looks for anchors, and checks the text around each one.
use super::{assigned, headers, tokens, urls};
use std::ops::Range;

/// Returns the anchors of all shapes.
pub(super) fn anchors() -> impl Iterator<Item = &'static str> {
    let tokens = tokens::TOKENS.iter().map(|token| token.prefix);
    let all = [tokens::JWT, tokens::TELEGRAM];
    tokens
        .chain(all)
        .chain(headers::ANCHORS)
        .chain(urls::ANCHORS)
        .chain(assigned::ANCHORS)
}

/// Returns the range of the secret whose anchor is at a position.
pub(super) fn secret_at(text: &[u8], at: usize) -> Option<Range<usize>> {
    tokens::secret_at(text, at)
        .or_else(|| headers::secret_at(text, at))
        .or_else(|| urls::secret_at(text, at))
        .or_else(|| assigned::secret_at(text, at))
}
