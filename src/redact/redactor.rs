//! Finds secrets in a text, and replaces them.
use super::{known, shapes};
use aho_corasick::{AhoCorasick, Input, MatchKind};
use std::borrow::Cow;
use std::ops::Range;

/// The replacement of a secret.
pub const REPLACEMENT: &str = "[secret]";

/// Finds secrets in texts.
#[derive(Clone, Debug)]
pub struct Redactor {
    /// Known values, the longest first.
    values: Vec<String>,
    /// Finds known values and the anchors of shapes; without it every position is tried.
    anchors: Option<AhoCorasick>,
}

/// A text without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redacted<T> {
    pub kept: T,
    /// How many secrets were removed.
    pub removed: usize,
}

impl Default for Redactor {
    /// Returns a redactor that knows no values, only shapes.
    fn default() -> Self {
        Self::new([])
    }
}

impl Redactor {
    /// Returns a redactor of these values and of all known shapes.
    pub fn new(values: impl IntoIterator<Item = String>) -> Self {
        let values = known::spellings(values);
        let shapes = shapes::anchors().map(str::to_owned);
        let patterns: Vec<String> = values.iter().cloned().chain(shapes).collect();
        // Building fails only with more patterns than a machine can hold. Then it is slow, but finds the same.
        let anchors = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(patterns)
            .inspect_err(|error| tracing::warn!(%error, "redaction is slow"))
            .ok();
        Self { values, anchors }
    }

    /// Returns the same redactor as it is where its search cannot be built.
    #[cfg(test)]
    pub(super) fn without_anchors(self) -> Self {
        Self {
            anchors: None,
            ..self
        }
    }

    /// Returns a redactor of the secrets in an environment, and of other values.
    pub fn of_env<'a>(
        env: impl IntoIterator<Item = (&'a String, &'a String)>,
        values: impl IntoIterator<Item = String>,
    ) -> Self {
        let named = env
            .into_iter()
            .filter(|(name, value)| known::holds_secret(name, value))
            .map(|(_, value)| value.clone());
        Self::new(named.chain(values))
    }

    /// Returns the text without secrets.
    pub fn redact<'a>(&self, text: &'a str) -> Redacted<Cow<'a, str>> {
        let found = self.find(text.as_bytes());
        if found.is_empty() {
            return Redacted {
                kept: Cow::Borrowed(text),
                removed: 0,
            };
        }
        let mut kept = String::with_capacity(text.len());
        let mut end = 0;
        for range in &found {
            kept += text.get(end..range.start).unwrap_or_default();
            kept += REPLACEMENT;
            end = range.end;
        }
        kept += text.get(end..).unwrap_or_default();
        Redacted {
            kept: Cow::Owned(kept),
            removed: found.len(),
        }
    }

    /// Returns the text without secrets, for callers that do not need their number.
    pub fn hide(&self, text: &str) -> String {
        self.redact(text).kept.into_owned()
    }

    /// Whether a text holds no secret.
    pub fn is_clean(&self, text: &str) -> bool {
        self.next(text.as_bytes(), 0).is_none()
    }

    /// Returns the ranges of all secrets, in order and without overlap.
    pub(super) fn find(&self, text: &[u8]) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        let mut at = 0;
        while let Some((anchor, secret)) = self.next(text, at) {
            // What names a secret may be well before it, and hold another one.
            at = if secret.start <= anchor {
                secret.end.max(anchor + 1)
            } else {
                anchor + 1
            };
            found.push(secret);
        }
        found.sort_by_key(|range| range.start);
        let mut apart: Vec<Range<usize>> = Vec::with_capacity(found.len());
        for range in found {
            match apart.last_mut() {
                Some(last) if range.start < last.end => last.end = last.end.max(range.end),
                _ => apart.push(range),
            }
        }
        apart
    }

    /// Returns the first anchor of a secret from a position on, and the secret's range.
    fn next(&self, text: &[u8], from: usize) -> Option<(usize, Range<usize>)> {
        let mut at = from;
        while let Some(start) = self.anchor(text, at) {
            let secret = self
                .known_at(text, start)
                .or_else(|| shapes::secret_at(text, start));
            if let Some(secret) = secret {
                return Some((start, self.widened(text, secret)));
            }
            at = start + 1;
        }
        None
    }

    /// Returns the first position from another one on at which a secret may begin.
    fn anchor(&self, text: &[u8], from: usize) -> Option<usize> {
        match &self.anchors {
            Some(anchors) => anchors
                .find(Input::new(text).range(from..))
                .map(|anchor| anchor.start()),
            None => (from < text.len()).then_some(from),
        }
    }

    /// Returns the range of the longest known value at a position.
    fn known_at(&self, text: &[u8], at: usize) -> Option<Range<usize>> {
        let rest = &text[at..];
        let value = self
            .values
            .iter()
            .find(|value| rest.starts_with(value.as_bytes()))?;
        Some(at..at + value.len())
    }

    /// Extends the range to the end of a known value that begins in it.
    fn widened(&self, text: &[u8], mut range: Range<usize>) -> Range<usize> {
        let mut at = range.start + 1;
        while at < range.end {
            if let Some(known) = self.known_at(text, at) {
                range.end = range.end.max(known.end);
            }
            at += 1;
        }
        range
    }
}
