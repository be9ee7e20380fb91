//! The quota of one account, as far as it is known.
use super::request_log::RequestLog;
use crate::engine::pacing::{WindowUse, expected_rise};
use crate::model::{Account, Moment, QuotaSource, Share, WindowName, WindowStatus};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// The quota of one account, as far as it is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountQuota {
    #[serde(flatten)]
    pub account: Account,
    #[serde(default)]
    pub windows: BTreeMap<WindowName, KnownWindow>,
    /// The last implausible values.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub refused: VecDeque<RefusedReading>,
    /// What the last iterations added to each window, oldest first.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub added: BTreeMap<WindowName, VecDeque<Share>>,
    /// The requests to its program.
    #[serde(default)]
    pub asked: RequestLog,
    /// The last warning for each week: the highest threshold, and the day.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub warned: BTreeMap<WindowName, Warned>,
}

/// One window of a quota, as far as it is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KnownWindow {
    /// From 0 to 1; none if only its status is known.
    pub used: Option<Share>,
    pub resets_at: Option<Timestamp>,
    pub status: WindowStatus,
    pub seen_at: Timestamp,
    /// The boot that `uptime_s` counts from.
    pub boot: String,
    pub uptime_s: f64,
    pub source: QuotaSource,
    /// When the provider serves requests again that it rejects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected_until: Option<Timestamp>,
    /// When a reading first reported that less is used than before. It counts when another one confirms it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fell: Option<Moment>,
}

/// An implausible value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RefusedReading {
    pub window: WindowName,
    pub why: String,
    pub source: QuotaSource,
    pub at: Timestamp,
}

/// A warning that was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warned {
    pub percent: u8,
    pub on: Date,
}

/// A threshold of a week that is reached.
#[derive(Clone, Debug, PartialEq)]
pub struct QuotaWarning {
    pub window: WindowName,
    pub used: Share,
    pub percent: u8,
    pub resets_at: Option<Timestamp>,
}

/// Percentages of a week at which a warning is given.
const THRESHOLDS: [u8; 4] = [95, 90, 80, 70];
/// Number of iterations whose increase is remembered.
const REMEMBERED: usize = 20;
/// How long a reading without a reset counts where the window's length is not known.
const WITHOUT_LENGTH: SignedDuration = SignedDuration::from_hours(24);

impl KnownWindow {
    /// Returns when it was seen.
    pub fn seen(&self) -> Moment {
        Moment {
            at: self.seen_at,
            boot: self.boot.clone(),
            uptime_s: self.uptime_s,
        }
    }

    /// Returns when the window resets by the clock of this machine, or nothing if it has. It is never later than it
    /// was when the window was seen, whatever was done to the clock since.
    pub fn ends(&self, name: &WindowName, now: &Moment) -> Option<Timestamp> {
        let age = self.seen().age(now)?;
        let length = name.length().unwrap_or(WITHOUT_LENGTH);
        let (left, by_clock) = match self.resets_at {
            Some(reset) => (reset.duration_since(self.seen_at) - age, reset),
            None => (length - age, Timestamp::MAX),
        };
        let ends = now.at.checked_add(left).ok()?.min(by_clock);
        (now.at < ends).then_some(ends)
    }
}

impl AccountQuota {
    /// Returns an account of which nothing is known.
    pub fn new(account: &Account) -> Self {
        Self {
            account: account.clone(),
            windows: BTreeMap::new(),
            refused: VecDeque::new(),
            added: BTreeMap::new(),
            asked: RequestLog::default(),
            warned: BTreeMap::new(),
        }
    }

    /// Returns what is known of the windows that have not reset.
    pub fn uses(&self, now: &Moment) -> Vec<WindowUse> {
        let of_window = |(name, known): (&WindowName, &KnownWindow)| {
            let ends = known.ends(name, now)?;
            let rejected_until = known.rejected_until.map(|until| until.min(ends));
            // A rejection without a number is one of a window that is used up.
            let used = known.used.or(rejected_until.map(|_| Share::ALL))?;
            Some(WindowUse {
                window: name.clone(),
                used,
                ends,
                rejected_until,
                expected: self.expected(name),
            })
        };
        self.windows.iter().filter_map(of_window).collect()
    }

    /// Returns what an iteration is expected to add to a window.
    fn expected(&self, window: &WindowName) -> Share {
        let added = self.added.get(window);
        let added: Vec<Share> = added.into_iter().flatten().copied().collect();
        expected_rise(&added)
    }

    /// Remembers what an iteration added to a window.
    pub(super) fn add_rise(&mut self, window: &WindowName, rise: Share) {
        let added = self.added.entry(window.clone()).or_default();
        while REMEMBERED <= added.len() {
            added.pop_front();
        }
        added.push_back(rise);
    }

    /// Returns the age of the oldest number of these windows.
    pub fn age(&self, windows: &[WindowUse], now: &Moment) -> Option<SignedDuration> {
        let known = windows.iter().filter_map(|it| self.windows.get(&it.window));
        known.filter_map(|known| known.seen().age(now)).max()
    }

    pub(super) fn last_seen(&self) -> Option<Timestamp> {
        self.windows.values().map(|known| known.seen_at).max()
    }

    /// Returns the warnings that are due, and remembers that they were given. Each threshold is warned of once a day; one
    /// that is passed together with a higher one is not.
    pub(super) fn take_warnings(&mut self, now: &Moment, today: Date) -> Vec<QuotaWarning> {
        let mut warnings = Vec::new();
        for (name, known) in &self.windows {
            let used = known.used.filter(|_| known.ends(name, now).is_some());
            let reached = |used: Share| {
                let percent = (used.fraction() * 100.0 + 1e-9).floor();
                THRESHOLDS.into_iter().find(|at| f64::from(*at) <= percent)
            };
            let (Some(used), Some(percent)) = (used, used.and_then(reached)) else {
                continue;
            };
            let given = self.warned.get(name);
            let is_given = given.is_some_and(|it| it.on == today && percent <= it.percent);
            if !name.is_week() || is_given {
                continue;
            }
            let warned = Warned { percent, on: today };
            self.warned.insert(name.clone(), warned);
            warnings.push(QuotaWarning {
                window: name.clone(),
                used,
                percent,
                resets_at: known.resets_at,
            });
        }
        warnings
    }
}
