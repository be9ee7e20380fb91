//! The name of a quota window, and what follows from it.
use crate::text::clean;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The longest name that is kept; real ones are short.
const MAX_NAME: usize = 64;

/// Families of models that have weeks of their own.
const FAMILIES: [&str; 3] = ["opus", "sonnet", "haiku"];

/// The name of a quota window, as its provider gives it: `five_hour`, `seven_day`, `seven_day_opus`, ….
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct WindowName(String);

impl WindowName {
    /// The window of five hours.
    pub const FIVE_HOUR: &str = "five_hour";
    /// The window of seven days, and the beginning of the names of those for one model.
    pub const SEVEN_DAY: &str = "seven_day";

    /// Returns the name as one short line.
    pub fn new(name: &str) -> Self {
        Self(clean(name).chars().take(MAX_NAME).collect())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the window is one of a week.
    pub fn is_week(&self) -> bool {
        self.0.starts_with(Self::SEVEN_DAY)
    }

    /// Whether the window counts for agents of a model; that of a week may be for one model only. An agent whose model is
    /// not named may use any.
    pub fn concerns(&self, model: &str) -> bool {
        let of_model = self.0.strip_prefix(Self::SEVEN_DAY);
        let of_model = of_model.and_then(|rest| rest.strip_prefix('_'));
        let family = of_model.filter(|family| FAMILIES.contains(family));
        family.is_none_or(|family| model.is_empty() || model.contains(family))
    }

    /// Returns how long the window is, if its name is known.
    pub fn length(&self) -> Option<SignedDuration> {
        if self.is_week() {
            Some(SignedDuration::from_hours(7 * 24))
        } else if self.0.starts_with(Self::FIVE_HOUR) {
            Some(SignedDuration::from_hours(5))
        } else {
            None
        }
    }
}

impl fmt::Display for WindowName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (length, rest) = if let Some(rest) = self.0.strip_prefix(Self::SEVEN_DAY) {
            ("7-day", rest)
        } else if let Some(rest) = self.0.strip_prefix(Self::FIVE_HOUR) {
            ("5-hour", rest)
        } else {
            ("", self.0.as_str())
        };
        let rest = rest.trim_start_matches('_').replace('_', " ");
        let parts = [length, &rest, "window"];
        let shown: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        f.write_str(&shown.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_how_long_its_window_is() {
        let shown = |name: &str| WindowName::new(name).to_string();
        assert_eq!(shown("five_hour"), "5-hour window");
        assert_eq!(shown("seven_day"), "7-day window");
        assert_eq!(shown("seven_day_opus"), "7-day opus window");
        assert_eq!(shown("iguana_necktie"), "iguana necktie window");
        let hours = |name: &str| {
            WindowName::new(name)
                .length()
                .map(|length| length.as_hours())
        };
        assert_eq!(
            [hours("five_hour"), hours("seven_day_sonnet"), hours("x")],
            [Some(5), Some(168), None]
        );
    }

    #[test]
    fn the_week_of_one_model_is_nothing_to_agents_of_another() {
        let opus = WindowName::new("seven_day_opus");
        assert!(opus.concerns("claude-opus-4-5") && opus.concerns(""));
        assert!(!opus.concerns("sonnet"));
        for name in ["five_hour", "seven_day", "seven_day_cowork"] {
            assert!(WindowName::new(name).concerns("sonnet"), "{name}");
        }
    }

    #[test]
    fn a_name_is_short_and_has_one_line() {
        let name = WindowName::new(&format!("a\nb{}", "x".repeat(500)));
        assert!(name.as_str().chars().count() == MAX_NAME && !name.as_str().contains('\n'));
    }
}
