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

/// What the provider says of requests in a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WindowStatus {
    Allowed,
    /// Allowed, and little is left.
    AllowedWarning,
    Rejected,
    /// The source does not say, or says something else.
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

/// How much of one window is used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WindowReading {
    pub window: WindowName,
    pub used: Share,
    pub resets_at: Option<Timestamp>,
    #[serde(default)]
    pub status: WindowStatus,
}

/// A window in which the provider rejects requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rejection {
    pub window: WindowName,
    pub until: Timestamp,
}

/// A value of a report that is not believed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RefusedValue {
    pub window: WindowName,
    /// What is wrong with it, with the value.
    pub why: String,
}

/// What one report of a source says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QuotaReport {
    pub readings: Vec<WindowReading>,
    pub rejection: Option<Rejection>,
    /// Whether the provider served a request, so that an earlier rejection is over.
    pub is_served: bool,
    pub refused: Vec<RefusedValue>,
}

/// How far a reset may be beyond the length of its window: clocks differ.
const RESET_SLACK: SignedDuration = SignedDuration::from_mins(10);
/// The longest window that is believed where its length is not known.
const LONGEST_WINDOW: SignedDuration = SignedDuration::from_hours(8 * 24);

impl QuotaReport {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.readings.is_empty() && self.rejection.is_none() && self.refused.is_empty()
    }

    /// Adds a reading, or names what is wrong with its number.
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
    }

    /// Returns the report with a later one of the same source.
    #[must_use]
    pub fn followed_by(mut self, later: Self) -> Self {
        for reading in later.readings {
            self.add(reading);
        }
        self.rejection = later
            .rejection
            .or(self.rejection.filter(|_| !later.is_served));
        self.is_served = later.is_served;
        self.refused.extend(later.refused);
        self
    }

    /// Returns the report without what cannot be true at this moment: resets that are further away than their window is
    /// long. What is left out is named.
    #[must_use]
    pub fn checked(mut self, now: Timestamp) -> Self {
        let mut refused = std::mem::take(&mut self.refused);
        let mut is_possible = |window: &WindowName, reset: Timestamp| {
            let most = window
                .length()
                .map_or(LONGEST_WINDOW, |length| length + RESET_SLACK);
            let is_possible = reset.duration_since(now) <= most;
            if !is_possible {
                let why = format!("its reset {reset} is further away than the window is long");
                refused.push(RefusedValue {
                    window: window.clone(),
                    why,
                });
            }
            is_possible
        };
        self.readings.retain(|reading| {
            reading
                .resets_at
                .is_none_or(|reset| is_possible(&reading.window, reset))
        });
        self.rejection = self
            .rejection
            .filter(|rejection| is_possible(&rejection.window, rejection.until));
        self.refused = refused;
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
            used: Share::from_fraction(used).unwrap(),
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
        report.rejection = Some(Rejection {
            window: WindowName::new("five_hour"),
            until: at(24 * 365),
        });
        let checked = report.checked(at(0));
        let left: Vec<&str> = checked
            .readings
            .iter()
            .map(|it| it.window.as_str())
            .collect();
        assert_eq!(left, ["five_hour", "other"]);
        assert_eq!(checked.rejection, None);
        assert_eq!(checked.refused.len(), 2);
    }

    #[test]
    fn a_later_report_replaces_what_it_repeats_and_a_served_request_ends_a_rejection() {
        let mut first = QuotaReport::default();
        first.add(reading("five_hour", 0.5, 4));
        first.add(reading("seven_day", 0.5, 100));
        first.rejection = Some(Rejection {
            window: WindowName::new("five_hour"),
            until: at(4),
        });
        let mut second = QuotaReport::default();
        second.add(reading("five_hour", 0.6, 4));
        let both = first.clone().followed_by(second.clone());
        assert_eq!(both.rejection, first.rejection);
        assert_eq!(both.readings.len(), 2);
        assert_eq!(both.readings[1].used.fraction(), 0.6);
        second.is_served = true;
        assert_eq!(first.followed_by(second).rejection, None);
    }
}
