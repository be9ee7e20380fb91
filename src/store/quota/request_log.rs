//! Limits how often the program of an account is asked for its quota: by one process at a time, and less after failures.
use crate::model::Moment;
use jiff::SignedDuration;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a request may take.
pub const ASK_LIMIT: Duration = Duration::from_secs(20);
/// Age from which a number is requested again, if a decision depends on it.
pub const FRESH_FOR: SignedDuration = SignedDuration::from_mins(15);
/// Minutes to the next request, by the number of failures in a row.
const BACK_OFF_MINS: [i64; 5] = [15, 30, 60, 120, 240];
/// Maximum number of requests for an account in a day.
const MOST_A_DAY: u32 = 96;
/// Time after which a process that began a request counts as dead.
const GONE_AFTER: SignedDuration = SignedDuration::from_secs(60);
/// Time to the next request for an account without windows.
const NO_WINDOWS_FOR: SignedDuration = SignedDuration::from_hours(24);
/// Minimum time between two requests by the user.
const BY_HAND: SignedDuration = SignedDuration::from_mins(1);

/// The requests to the program of an account, and how the last one ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RequestLog {
    /// When the last request ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<Moment>,
    /// When the current request began, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asking: Option<Moment>,
    /// Failures in a row.
    pub failures: u32,
    /// Why the last request failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Whether the last answer was that the account has no windows.
    pub no_windows: bool,
    /// The day that `count` is of, in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<Date>,
    /// Number of requests on that day.
    pub count: u32,
}

impl RequestLog {
    /// Returns why no request is allowed now, if none is. A request by the user (`by_hand`) does not wait until a number is
    /// old.
    pub fn refusal(&self, now: &Moment, by_hand: bool) -> Option<String> {
        let age = |moment: &Option<Moment>| moment.as_ref().and_then(|moment| moment.age(now));
        if age(&self.asking).is_some_and(|age| age < GONE_AFTER) {
            return Some("another process is asking".to_owned());
        }
        if self.day == Some(day(now)) && MOST_A_DAY <= self.count {
            return Some(format!("it was asked {MOST_A_DAY} times today"));
        }
        let last = age(&self.last)?;
        let (wait, why) = if self.no_windows {
            (
                NO_WINDOWS_FOR,
                "it answered that the account has no windows".to_owned(),
            )
        } else if self.failures == 0 {
            let wait = if by_hand { BY_HAND } else { FRESH_FOR };
            (wait, "it answered shortly before".to_owned())
        } else {
            let error = self.error.as_deref().unwrap_or("no answer");
            (self.back_off(), format!("it failed: {error}"))
        };
        let left = wait - last;
        (SignedDuration::ZERO < left).then(|| {
            let minutes = left.as_secs().div_euclid(60) + 1;
            format!("{why}; it is asked again in {minutes} min at the earliest")
        })
    }

    fn back_off(&self) -> SignedDuration {
        let index = (self.failures.saturating_sub(1) as usize).min(BACK_OFF_MINS.len() - 1);
        SignedDuration::from_mins(BACK_OFF_MINS[index])
    }

    pub(super) fn begin(&mut self, now: &Moment) {
        let today = day(now);
        if self.day != Some(today) {
            self.day = Some(today);
            self.count = 0;
        }
        self.count += 1;
        self.asking = Some(now.clone());
    }

    /// Records the answer; `Ok(false)` is one without windows.
    pub(super) fn finish(&mut self, answer: Result<bool, String>, now: &Moment) {
        self.asking = None;
        self.last = Some(now.clone());
        self.no_windows = answer == Ok(false);
        self.error = answer.err();
        self.failures = if self.error.is_some() {
            self.failures.saturating_add(1)
        } else {
            0
        };
    }
}

fn day(now: &Moment) -> Date {
    now.at.to_zoned(jiff::tz::TimeZone::UTC).date()
}
