//! `supervisor:` in `config.yaml`.
use super::definition::Span;
use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};
use std::fmt;

/// How the supervisor shares the machine between projects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct SupervisorSettings {
    /// How many slices may run at a time; 4 by default.
    pub max_agents: Option<u32>,
    /// What a slice is.
    pub slice: SliceSettings,
    /// How long after the start of a service no slice is given; 10 s by default.
    pub at_start: Option<Span>,
    /// Free space below which a project waits, as `5GB`; 5 GB by default.
    #[cfg_attr(feature = "schemas", schemars(with = "Option<String>"))]
    pub min_free: Option<Size>,
    /// A command that makes room when a project waits for space, at most once an hour: a program and its arguments. It finds
    /// the project's directory in `AP_PROJECT` and may take 10 minutes.
    pub on_low: Vec<String>,
}

impl SupervisorSettings {
    /// Returns the bytes below which a project waits, if they are set.
    pub fn min_free_bytes(&self) -> Option<u64> {
        self.min_free.map(Size::bytes)
    }
}

/// How long the supervisor keeps logs, in whole days.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct RetentionSettings {
    /// The log of everything; 30 days by default.
    pub log: Option<Span>,
    /// The records of cycles; 90 days by default.
    pub cycles: Option<Span>,
}

/// What a slice is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct SliceSettings {
    /// How many iterations a slice has while other projects wait; 1 by default.
    pub iterations: Option<u32>,
    /// What a project does whose slice is over while no other waits: it continues.
    pub when_alone: WhenAlone,
}

/// What a project does whose slice is over while no other waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum WhenAlone {
    /// It continues without a break.
    #[default]
    Free,
}

/// A number of bytes, written with a unit: `5GB`, `500MB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(u64);

impl Size {
    fn bytes(self) -> u64 {
        self.0
    }

    /// Returns the size a text means.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let end = text.find(|c: char| c.is_ascii_alphabetic())?;
        let number: f64 = text[..end].trim().parse().ok()?;
        let unit = match text[end..].to_ascii_uppercase().as_str() {
            "B" => 1.0,
            "KB" => 1e3,
            "MB" => 1e6,
            "GB" => 1e9,
            "TB" => 1e12,
            _ => return None,
        };
        (0.0..=1e6)
            .contains(&number)
            .then_some(Self((number * unit) as u64))
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Size;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a size with its unit, as 5GB")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Size, E> {
                Size::parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_any(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_a_unit() {
        let size = |text| Size::parse(text).map(Size::bytes);
        assert_eq!(size("5GB"), Some(5_000_000_000));
        assert_eq!(size("1.5 mb"), Some(1_500_000));
        for wrong in ["5", "GB", "-1GB", "5 potatoes", ""] {
            assert_eq!(size(wrong), None, "{wrong}");
        }
    }
}
