//! A length of time as written in definitions: seconds, or `30m`.
use jiff::SignedDuration;
use serde::de::{self, Deserialize, Deserializer, Visitor};
use std::fmt;

/// Milliseconds, written as seconds (`2`, `0.5`) or with a unit (`500ms`, `1h 30m`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(u64);

/// The longest accepted time, short enough that no sum overflows.
const MAX_SECONDS: f64 = 366.0 * 86_400.0;

impl Span {
    /// Returns the length in milliseconds.
    pub fn millis(self) -> u64 {
        self.0
    }

    /// Returns the length in whole seconds, rounded up, so that a short bound never becomes none.
    pub fn seconds(self) -> u64 {
        self.0.div_ceil(1000)
    }

    /// Returns the span a text means: `30m`, `1h 30m`, `45`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        match text.parse::<f64>() {
            Ok(seconds) => Self::from_seconds(seconds),
            Err(_) => Self::from_seconds(text.parse::<SignedDuration>().ok()?.as_secs_f64()),
        }
    }

    fn from_seconds(seconds: f64) -> Option<Self> {
        (0.0..=MAX_SECONDS)
            .contains(&seconds)
            .then(|| Self((seconds * 1000.0).round() as u64))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SpanVisitor)
    }
}

#[cfg(feature = "schemas")]
impl schemars::JsonSchema for Span {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["number", "string"], "minimum": 0, "examples": [30, "30m", "1h 30m"] })
    }
}

struct SpanVisitor;

impl Visitor<'_> for SpanVisitor {
    type Value = Span;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("seconds or a time like `30m` or `1h 30m`, up to a year")
    }

    fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Span, E> {
        Span::from_seconds(seconds as f64)
            .ok_or_else(|| E::invalid_value(de::Unexpected::Unsigned(seconds), &self))
    }

    fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Span, E> {
        Span::from_seconds(seconds as f64)
            .ok_or_else(|| E::invalid_value(de::Unexpected::Signed(seconds), &self))
    }

    fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<Span, E> {
        Span::from_seconds(seconds)
            .ok_or_else(|| E::invalid_value(de::Unexpected::Float(seconds), &self))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Span, E> {
        Span::parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_fractions_and_units_are_read() {
        for (text, millis) in [
            ("3", 3000),
            ("0.25", 250),
            ("30m", 1_800_000),
            ("1h 30m", 5_400_000),
            ("500ms", 500),
            ("0", 0),
        ] {
            assert_eq!(Span::parse(text).map(Span::millis), Some(millis), "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "-3", "soon", "NaN", "inf", "1e300", "-1h"] {
            assert_eq!(Span::parse(text), None, "{text}");
        }
    }
}
