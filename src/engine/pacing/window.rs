//! One window at a moment: what may be used of it, and from when on an attempt fits.
use super::keep::{kept, later};
use crate::model::{Share, WindowName};
use crate::plan::{Pace, QuotaPolicy, WindowPolicy};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// What is known of one window: it has a reading that is still true, or the provider rejects requests in it.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowUse {
    pub window: WindowName,
    pub used: Share,
    /// When it resets, by the clock of this machine: from then on nothing is known of it.
    pub ends: Timestamp,
    /// When the window is over that the provider rejects requests in.
    pub rejected_until: Option<Timestamp>,
    /// What an attempt is expected to add.
    pub expected: Share,
}

/// Sums of shares are exact to this.
const EXACT: f64 = 1e-9;

impl WindowUse {
    /// Returns what would be used after an attempt, as far as is known.
    pub(super) fn needed(&self) -> f64 {
        self.used.fraction() + self.expected.fraction()
    }

    /// Whether an attempt fits at a moment.
    pub(super) fn fits(&self, policy: &QuotaPolicy, at: Timestamp, zone: &TimeZone) -> bool {
        !self.is_rejected(at)
            && (self.ends <= at
                || self.needed() <= self.allowed(policy, at, zone).fraction() + EXACT)
    }

    pub(super) fn is_rejected(&self, at: Timestamp) -> bool {
        self.rejected_until.is_some_and(|until| at < until)
    }

    /// Returns what may be used at most: up to `hold`, less what is kept.
    pub(super) fn ceiling(&self, policy: &QuotaPolicy, at: Timestamp, zone: &TimeZone) -> Share {
        let kept = kept(policy, &self.window, at, zone);
        policy.of(&self.window).hold.min(kept.rest())
    }

    /// Returns what may be used by now: the ceiling, or less of it if use is paced.
    pub fn allowed(&self, policy: &QuotaPolicy, at: Timestamp, zone: &TimeZone) -> Share {
        let ceiling = self.ceiling(policy, at, zone);
        match self.paced(&policy.of(&self.window), at) {
            Some(part) => Share::clamped(ceiling.fraction() * part.min(1.0)),
            None => ceiling,
        }
    }

    /// Returns the part of the ceiling that an even pace allows by now; above 1 it is no bound.
    pub(super) fn paced(&self, policy: &WindowPolicy, at: Timestamp) -> Option<f64> {
        let length = self.window.length().filter(|_| policy.pace == Pace::Even)?;
        let left = self.ends.duration_since(at).as_secs_f64();
        let elapsed = (length.as_secs_f64() - left).max(0.0);
        Some((elapsed + policy.lead_s as f64) / length.as_secs_f64())
    }

    /// Returns the first moment from `begin` on, and before `end`, at which an attempt fits. Between the two nothing
    /// changes but the pace.
    pub(super) fn fits_from(
        &self,
        policy: &QuotaPolicy,
        zone: &TimeZone,
        (begin, end): (Timestamp, Timestamp),
    ) -> Option<Timestamp> {
        if self.fits(policy, begin, zone) {
            return Some(begin);
        }
        if self.is_rejected(begin) {
            return None;
        }
        let (ceiling, window) = (
            self.ceiling(policy, begin, zone).fraction(),
            policy.of(&self.window),
        );
        let (part, length) = (self.paced(&window, begin)?, self.window.length()?);
        if ceiling < self.needed() || ceiling <= 0.0 {
            return None;
        }
        let missing = (self.needed() / ceiling - part).max(0.0) * length.as_secs_f64();
        let wait = SignedDuration::try_from_secs_f64(missing.ceil()).ok()?;
        Some(later(begin, wait)).filter(|at| *at < end)
    }
}
