//! The score below which work is not done.
use serde::{Deserialize, Serialize};
use std::fmt;

/// A score from 0 to 1, exact to three decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "f64")]
pub struct Threshold(u16);

impl Threshold {
    /// The threshold of a `verify` that sets none.
    pub const DEFAULT: Self = Self(850);

    /// Returns the threshold nearest to a score; `None` outside of 0 to 1.
    pub fn new(score: f64) -> Option<Self> {
        // NaN is in no range.
        (0.0..=1.0)
            .contains(&score)
            .then(|| Self((score * 1000.0).round() as u16))
    }

    /// Whether a score reaches the threshold. NaN reaches none.
    pub fn is_reached(self, score: f64) -> bool {
        f64::from(self) <= score
    }
}

impl From<Threshold> for f64 {
    fn from(threshold: Threshold) -> Self {
        Self::from(threshold.0) / 1000.0
    }
}

impl<'de> Deserialize<'de> for Threshold {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let score = f64::deserialize(deserializer)?;
        Self::new(score)
            .ok_or_else(|| serde::de::Error::custom("a threshold is a number from 0 to 1"))
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f64::from(*self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_threshold_is_reached_by_the_score_it_was_written_as() {
        for thousandths in 0..=1000_u16 {
            let score: f64 = format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
                .parse()
                .unwrap();
            let threshold = Threshold::new(score).unwrap();
            assert!(threshold.is_reached(score), "{score}");
            assert!(!threshold.is_reached(score - 0.0005), "{score}");
            let json = serde_json::to_string(&threshold).unwrap();
            assert_eq!(serde_json::from_str::<Threshold>(&json).unwrap(), threshold);
        }
        assert!(!Threshold::DEFAULT.is_reached(f64::NAN));
        for score in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert_eq!(Threshold::new(score), None);
        }
    }
}
