//! What may be used of a quota: the user's policy, and what a definition takes away from it.
use super::quota_hours::Hours;
use crate::model::{Share, WindowName};
use serde::{Deserialize, Serialize};

/// What may be used of the windows of an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuotaPolicy {
    pub five_hour: WindowPolicy,
    pub seven_day: WindowPolicy,
    /// Shares that are kept for the user; of those that apply at one time the largest counts.
    #[serde(default)]
    pub keep: Vec<Keep>,
    #[serde(default)]
    pub unknown: WhenUnknown,
    /// Whether the program is asked although the user has switched off its traffic that is not necessary.
    #[serde(default)]
    pub ask: bool,
}

/// What may be used of one window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WindowPolicy {
    /// From here on fewer agents run at a time.
    pub warn: Share,
    /// From here on no attempt begins.
    pub hold: Share,
    #[serde(default)]
    pub pace: Pace,
    /// How many seconds use may be ahead of an even pace.
    #[serde(default)]
    pub lead_s: u64,
}

/// How use is spread over a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Pace {
    /// Not at all.
    #[default]
    Off,
    /// In proportion to the time that has passed.
    Even,
}

/// What follows when nothing is known of a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum WhenUnknown {
    /// Attempts begin.
    #[default]
    Go,
    /// Attempts are held until something is known.
    Hold,
}

/// A share of a window that is kept for the user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Keep {
    pub window: WindowName,
    pub share: Share,
    pub hours: Hours,
}

/// How many seconds use may be ahead of an even pace, unless the user sets another time.
const DEFAULT_LEAD_S: u64 = 12 * 3600;

impl Default for QuotaPolicy {
    fn default() -> Self {
        let window = |warn, hold| WindowPolicy {
            warn: Share::clamped(warn),
            hold: Share::clamped(hold),
            pace: Pace::Off,
            lead_s: DEFAULT_LEAD_S,
        };
        Self {
            five_hour: window(0.85, 0.95),
            seven_day: window(0.90, 0.95),
            keep: Vec::new(),
            unknown: WhenUnknown::Go,
            ask: false,
        }
    }
}

impl QuotaPolicy {
    /// Returns what may be used of a window. One of an unknown length is treated as that of a week.
    pub fn of(&self, window: &WindowName) -> WindowPolicy {
        if window.as_str().starts_with(WindowName::FIVE_HOUR) {
            self.five_hour
        } else {
            self.seven_day
        }
    }

    /// Returns what of it is probably a mistake.
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        for (name, window) in [
            (WindowName::FIVE_HOUR, self.five_hour),
            (WindowName::SEVEN_DAY, self.seven_day),
        ] {
            if window.hold < window.warn {
                remarks.push(format!(
                    "`hold: {}` of {name} is below `warn: {}`, so no fewer agents run before it",
                    window.hold, window.warn
                ));
            }
            if window.hold == Share::NONE {
                remarks.push(format!(
                    "`hold` of {name} leaves nothing, so no attempt begins"
                ));
            }
        }
        let all = self.keep.iter().filter(|keep| keep.share == Share::ALL);
        remarks.extend(all.map(|keep| {
            let window = keep.window.as_str();
            format!(
                "`keep` of all of {window} leaves nothing while it applies, so no attempt begins"
            )
        }));
        remarks
    }

    /// Returns the policy with what the user sets.
    #[must_use]
    pub fn with(mut self, set: &QuotaLimits) -> Self {
        self.five_hour = self.five_hour.with(&set.five_hour);
        self.seven_day = self.seven_day.with(&set.seven_day);
        self.keep.extend(set.keep.iter().cloned());
        self.unknown = set.unknown.unwrap_or(self.unknown);
        self.ask = set.ask.unwrap_or(self.ask);
        self
    }

    /// Returns the policy with what a definition takes away from it: it may allow less, never more.
    #[must_use]
    pub fn narrowed(mut self, by: &QuotaLimits) -> Self {
        self.five_hour = self.five_hour.narrowed(&by.five_hour);
        self.seven_day = self.seven_day.narrowed(&by.seven_day);
        self.keep.extend(by.keep.iter().cloned());
        self.unknown = self.unknown.max(by.unknown.unwrap_or_default());
        self
    }
}

impl WindowPolicy {
    fn with(self, set: &WindowLimits) -> Self {
        Self {
            warn: set.warn.unwrap_or(self.warn),
            hold: set.hold.unwrap_or(self.hold),
            pace: set.pace.unwrap_or(self.pace),
            lead_s: set.lead_s.unwrap_or(self.lead_s),
        }
    }

    fn narrowed(self, by: &WindowLimits) -> Self {
        Self {
            warn: self.warn.min(by.warn.unwrap_or(self.warn)),
            hold: self.hold.min(by.hold.unwrap_or(self.hold)),
            pace: self.pace.max(by.pace.unwrap_or_default()),
            lead_s: self.lead_s.min(by.lead_s.unwrap_or(self.lead_s)),
        }
    }
}

/// What is set of a policy: by the user, or by a definition, which may only take away from it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct QuotaLimits {
    pub five_hour: WindowLimits,
    pub seven_day: WindowLimits,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keep: Vec<Keep>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<WhenUnknown>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask: Option<bool>,
}

/// What is set for one window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WindowLimits {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warn: Option<Share>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<Share>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pace: Option<Pace>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_s: Option<u64>,
}

impl QuotaLimits {
    /// Returns what both take away.
    #[must_use]
    pub fn narrowed(mut self, by: &Self) -> Self {
        self.five_hour = self.five_hour.narrowed(&by.five_hour);
        self.seven_day = self.seven_day.narrowed(&by.seven_day);
        self.keep.extend(by.keep.iter().cloned());
        self.unknown = self.unknown.max(by.unknown);
        self
    }
}

impl WindowLimits {
    fn narrowed(self, by: &Self) -> Self {
        Self {
            warn: smaller(self.warn, by.warn),
            hold: smaller(self.hold, by.hold),
            pace: self.pace.max(by.pace),
            lead_s: smaller(self.lead_s, by.lead_s),
        }
    }
}

fn smaller<T: PartialOrd>(one: Option<T>, other: Option<T>) -> Option<T> {
    let both = one.into_iter().chain(other);
    both.reduce(|least, next| if next < least { next } else { least })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(hold: f64, pace: Pace, unknown: WhenUnknown) -> QuotaLimits {
        QuotaLimits {
            seven_day: WindowLimits {
                hold: Some(Share::clamped(hold)),
                pace: Some(pace),
                ..WindowLimits::default()
            },
            unknown: Some(unknown),
            ..QuotaLimits::default()
        }
    }

    #[test]
    fn a_definition_takes_away_and_never_adds() {
        let user = QuotaPolicy::default().with(&limits(0.8, Pace::Even, WhenUnknown::Hold));
        assert_eq!(user.seven_day.hold, Share::clamped(0.8));
        let wider = user
            .clone()
            .narrowed(&limits(0.99, Pace::Off, WhenUnknown::Go));
        assert_eq!(wider, user);
        let narrower = user.narrowed(&limits(0.5, Pace::Even, WhenUnknown::Go));
        assert_eq!(narrower.seven_day.hold, Share::clamped(0.5));
    }

    #[test]
    fn windows_of_one_model_have_the_policy_of_the_week() {
        let policy = QuotaPolicy::default();
        let of = |name: &str| policy.of(&WindowName::new(name)).warn;
        assert_eq!(of("seven_day_opus"), of("seven_day"));
        assert_ne!(of("five_hour"), of("seven_day"));
    }
}
