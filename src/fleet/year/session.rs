//! A session in a simulation, and the quota that all of them share.
use crate::engine::pacing::{Pacing, WindowUse, decide};
use crate::fleet::{Activity, SessionDigest};
use crate::model::{QuotaDecision, Share, WindowName};
use crate::plan::{Pace, QuotaPolicy};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// A session, and what its runner was told.
#[derive(Clone, Debug)]
pub(super) struct YearSession {
    pub(super) digest: SessionDigest,
    pub(super) yields: bool,
    /// Iterations until it is complete.
    pub(super) left: u64,
    /// Tasks that were added to its queue since.
    pub(super) added: u32,
}

impl YearSession {
    pub(super) fn new(left: u64) -> Self {
        Self {
            digest: SessionDigest::default(),
            yields: false,
            left,
            added: 0,
        }
    }

    pub(super) fn launch(&mut self, run: &str, generation: u64) {
        if self.digest.seen.run.is_none() {
            self.digest.seen.run = run.parse().ok();
        }
        self.digest.seen.seq += 2;
        self.digest.slice = Some(generation);
        self.digest.alive = true;
        self.digest.parked = false;
        self.digest.activity = Activity::Working;
        self.yields = false;
    }

    pub(super) fn iterate(&mut self) {
        self.digest.seen.seq += 3;
        self.digest.seen.iterations += 1;
        self.digest.seen.succeeded += 1;
        self.left = self.left.saturating_sub(1);
    }

    pub(super) fn leave(&mut self, activity: Activity, parked: bool) {
        self.digest.seen.seq += 1;
        self.digest.activity = activity;
        self.digest.alive = false;
        self.digest.parked = parked;
    }
}

/// A window of five hours and one of a week, which all sessions use.
#[derive(Clone, Debug)]
pub(super) struct Quota {
    policy: QuotaPolicy,
    windows: [WindowUse; 2],
}

/// What an iteration adds to each window.
const RISES: [f64; 2] = [0.005, 0.0008];

impl Quota {
    pub(super) fn new(now: Timestamp) -> Self {
        let mut policy = QuotaPolicy::default();
        policy.seven_day.pace = Pace::Even;
        let window = |name: &'static str, rise: f64| WindowUse {
            window: WindowName::new(name),
            used: Share::NONE,
            ends: now,
            rejected_until: None,
            expected: Share::clamped(rise),
        };
        Self {
            policy,
            windows: [
                window(WindowName::FIVE_HOUR, RISES[0]),
                window(WindowName::SEVEN_DAY, RISES[1]),
            ],
        }
    }

    /// Begins an attempt, or returns until when and why it is held.
    pub(super) fn begin(&mut self, session: &str, now: Timestamp) -> Option<(Timestamp, String)> {
        for window in &mut self.windows {
            if window.ends <= now {
                let length = window.window.length().unwrap_or_default();
                (window.used, window.ends) = (Share::NONE, now + length);
            }
        }
        let decision = decide(&Pacing {
            policy: &self.policy,
            windows: &self.windows,
            now,
            zone: &TimeZone::UTC,
            session,
        });
        match decision {
            QuotaDecision::Hold { until, reason } => Some((until, reason)),
            QuotaDecision::Go => {
                for (window, rise) in self.windows.iter_mut().zip(RISES) {
                    window.used = Share::clamped(window.used.fraction() + rise);
                }
                None
            }
        }
    }

    pub(super) fn most_used(&self) -> f64 {
        let used = self.windows.iter().map(|window| window.used.fraction());
        used.fold(0.0, f64::max)
    }
}

/// Returns the time of a random number of minutes.
pub(super) fn minutes(number: u64) -> SignedDuration {
    SignedDuration::from_mins(i64::try_from(number).unwrap_or(0))
}
