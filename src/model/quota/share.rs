//! A share of a whole. Its unit is fixed by the source it comes from, never guessed from the value.
use serde::{Deserialize, Serialize};
use std::fmt;

/// A share of a whole, from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(try_from = "f64", into = "f64")]
pub struct Share(#[cfg_attr(feature = "schemas", schemars(range(min = 0, max = 1)))] f64);

/// A number that is no share in the unit of its source.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OutOfRange {
    pub value: f64,
    /// The largest value of the unit: 1 or 100.
    pub max: f64,
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is outside 0 to {}", self.value, self.max)
    }
}

impl Share {
    /// Nothing.
    pub const NONE: Self = Self(0.0);
    /// The whole.
    pub const ALL: Self = Self(1.0);

    /// Returns the share that a source means by a number from 0 to 1.
    pub fn from_fraction(value: f64) -> Result<Self, OutOfRange> {
        Self::of(value, 1.0)
    }

    /// Returns the share that a source means by a number from 0 to 100.
    pub fn from_percent(value: f64) -> Result<Self, OutOfRange> {
        Self::of(value, 100.0)
    }

    fn of(value: f64, max: f64) -> Result<Self, OutOfRange> {
        // NaN is in no range.
        if (0.0..=max).contains(&value) {
            Ok(Self(value / max))
        } else {
            Err(OutOfRange { value, max })
        }
    }

    /// Returns the share of a number that the program itself calculated: what is outside becomes 0 or 1.
    #[must_use]
    pub const fn clamped(value: f64) -> Self {
        if value <= 0.0 {
            Self::NONE
        } else if 1.0 <= value {
            Self::ALL
        } else if value < 1.0 {
            Self(value)
        } else {
            // NaN: the careful side.
            Self::NONE
        }
    }

    /// Returns the share as a number from 0 to 1.
    pub fn fraction(self) -> f64 {
        self.0
    }

    /// Returns what is left of the whole.
    #[must_use]
    pub fn rest(self) -> Self {
        Self(1.0 - self.0)
    }

    /// Returns the smaller share.
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        Self(self.0.min(other.0))
    }

    /// Returns the larger share.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self(self.0.max(other.0))
    }
}

impl TryFrom<f64> for Share {
    type Error = OutOfRange;

    fn try_from(value: f64) -> Result<Self, OutOfRange> {
        Self::from_fraction(value)
    }
}

impl From<Share> for f64 {
    fn from(share: Share) -> Self {
        share.0
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = (self.0 * 1000.0).round() / 10.0;
        if percent.fract() == 0.0 {
            write!(f, "{percent:.0} %")
        } else {
            write!(f, "{percent:.1} %")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_comes_from_the_source_and_not_from_the_value() {
        assert_eq!(Share::from_fraction(1.0).unwrap(), Share::ALL);
        assert_eq!(Share::from_percent(1.0).unwrap().fraction(), 0.01);
        assert_eq!(Share::from_percent(100.0).unwrap(), Share::ALL);
    }

    #[test]
    fn a_value_outside_its_range_is_refused() {
        for value in [-0.001, 1.001, 42.0, f64::NAN, f64::INFINITY] {
            assert!(Share::from_fraction(value).is_err(), "{value}");
        }
        let error = Share::from_percent(100.5).unwrap_err();
        assert_eq!(error.to_string(), "100.5 is outside 0 to 100");
        assert!(serde_json::from_str::<Share>("1.5").is_err());
    }

    #[test]
    fn a_share_is_shown_with_at_most_one_decimal() {
        let shown = |value| Share::from_fraction(value).unwrap().to_string();
        assert_eq!(
            [0.81, 0.815, 0.0, 1.0, 0.99996].map(shown),
            ["81 %", "81.5 %", "0 %", "100 %", "100 %"]
        );
    }
}
