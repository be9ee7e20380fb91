//! What a source reports about the windows of an account.
use super::share::Share;
use super::window::WindowName;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Where a number comes from, the best source first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum QuotaSource {
    /// An event in the output of an agent.
    Agent,
    /// The status line of your own Claude Code.
    StatusLine,
    /// The program, which was asked.
    Asked,
}

impl QuotaSource {
    /// Returns its name in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::StatusLine => "status line",
            Self::Asked => "asked",
        }
    }
}

/// How the provider treats requests in a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WindowStatus {
    Allowed,
    /// Allowed, and little is left.
    AllowedWarning,
    Rejected,
    /// The source does not report it, or reports something else.
    #[default]
    Unknown,
}

impl WindowStatus {
    /// Returns the status a provider means by a word.
    pub fn named(word: &str) -> Self {
        match word {
            "allowed" => Self::Allowed,
            "allowed_warning" => Self::AllowedWarning,
            "rejected" => Self::Rejected,
            _ => Self::Unknown,
        }
    }
}

/// What a source reports about one window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WindowReading {
    pub window: WindowName,
    /// How much is used, if the source reports it.
    pub used: Option<Share>,
    pub resets_at: Option<Timestamp>,
    #[serde(default)]
    pub status: WindowStatus,
}

/// A value of a report that is not believed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RefusedValue {
    pub window: WindowName,
    /// What is wrong with it, with the value.
    pub why: String,
}

/// One report of a source.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QuotaReport {
    pub readings: Vec<WindowReading>,
    pub refused: Vec<RefusedValue>,
}

/// How far a reset may be beyond the length of its window: clocks differ.
const RESET_SLACK: SignedDuration = SignedDuration::from_mins(10);
/// The longest window that is believed where its length is not known.
const LONGEST_WINDOW: SignedDuration = SignedDuration::from_hours(8 * 24);
/// Refused values that are kept.
const MAX_REFUSED: usize = 8;

impl QuotaReport {
    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.readings.is_empty() && self.refused.is_empty()
    }

    /// Adds a reading, in place of an earlier one of the same window.
    pub fn add(&mut self, reading: WindowReading) {
        self.readings.retain(|known| known.window != reading.window);
        self.readings.push(reading);
    }

    /// Adds a value that is not believed.
    pub fn refuse(&mut self, window: &WindowName, why: impl Into<String>) {
        self.refused.push(RefusedValue {
            window: window.clone(),
            why: why.into(),
        });
        let surplus = self.refused.len().saturating_sub(MAX_REFUSED);
        self.refused.drain(..surplus);
    }

    /// Adds a later report of the same source.
    pub fn extend(&mut self, later: Self) {
        for reading in later.readings {
            self.add(reading);
        }
        for RefusedValue { window, why } in later.refused {
            self.refuse(&window, why);
        }
    }

    /// Returns the report without readings whose reset is further away than their window is long. They are named.
    #[must_use]
    pub fn checked(mut self, now: Timestamp) -> Self {
        for reading in std::mem::take(&mut self.readings) {
            let length = reading.window.length();
            let most = length.map_or(LONGEST_WINDOW, |length| length + RESET_SLACK);
            match reading.resets_at {
                Some(reset) if most < reset.duration_since(now) => self.refuse(
                    &reading.window,
                    format!("its reset {reset} is further away than the window is long"),
                ),
                Some(_) | None => self.readings.push(reading),
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + hours * 3600).unwrap()
    }

    fn reading(window: &str, used: f64, reset: i64) -> WindowReading {
        WindowReading {
            window: WindowName::new(window),
            used: Some(Share::from_fraction(used).unwrap()),
            resets_at: Some(at(reset)),
            status: WindowStatus::Allowed,
        }
    }

    #[test]
    fn a_reset_further_away_than_its_window_is_long_is_refused_and_named() {
        let mut report = QuotaReport::default();
        report.add(reading("five_hour", 0.5, 4));
        report.add(reading("seven_day", 0.5, 24 * 9));
        report.add(reading("other", 0.5, 24 * 7));
        let checked = report.checked(at(0));
        let left: Vec<&str> = checked
            .readings
            .iter()
            .map(|it| it.window.as_str())
            .collect();
        assert_eq!(left, ["five_hour", "other"]);
        assert_eq!(checked.refused[0].window.as_str(), "seven_day");
    }

    #[test]
    fn a_later_report_replaces_what_it_repeats() {
        let mut report = QuotaReport::default();
        report.add(reading("five_hour", 0.5, 4));
        report.add(reading("seven_day", 0.5, 100));
        let mut later = QuotaReport::default();
        later.add(reading("five_hour", 0.6, 4));
        for _ in 0..20 {
            later.refuse(&WindowName::new("x"), "no");
        }
        report.extend(later);
        assert_eq!(report.readings.len(), 2);
        assert_eq!(report.readings[1], reading("five_hour", 0.6, 4));
        assert_eq!(report.refused.len(), MAX_REFUSED);
    }
}
