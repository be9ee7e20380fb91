//! How a report changes what is known: the newest number counts, and none that makes more room than there is.
use super::account_quota::{AccountQuota, KnownWindow, RefusedReading};
use crate::model::{Moment, QuotaReport, QuotaSource, Share, WindowReading, WindowStatus};
use jiff::{SignedDuration, Timestamp};

/// Resets closer together than this are one.
const SAME_RESET: SignedDuration = SignedDuration::from_mins(5);
/// A number that was seen again is written again after this time.
const SEEN_AGAIN: SignedDuration = SignedDuration::from_mins(1);
/// A fall of less than this is the order in which two agents report.
const SMALL_FALL: f64 = 0.01;
/// How much later another reading must confirm a fall.
const CONFIRMED_AFTER: SignedDuration = SignedDuration::from_mins(1);
/// Refused values that are kept.
const MAX_REFUSED: usize = 8;
/// Windows that are kept.
const MAX_WINDOWS: usize = 16;

impl AccountQuota {
    /// Takes in a report that was seen at a moment. Returns whether something is to be written.
    pub(super) fn merge(
        &mut self,
        report: QuotaReport,
        source: QuotaSource,
        seen: &Moment,
    ) -> bool {
        let report = report.checked(seen.at);
        let mut is_changed = false;
        for refused in report.refused {
            let why = refused.why;
            is_changed |= self.refuse(RefusedReading {
                window: refused.window,
                why,
                source,
                at: seen.at,
            });
        }
        for reading in report.readings {
            is_changed |= self.merge_reading(&reading, source, seen);
        }
        is_changed
    }

    /// Names a value that is not believed; one that repeats itself is not written again.
    fn refuse(&mut self, refused: RefusedReading) -> bool {
        let same =
            |known: &RefusedReading| known.window == refused.window && known.why == refused.why;
        if self.refused.iter().any(same) {
            return false;
        }
        while MAX_REFUSED <= self.refused.len() {
            self.refused.pop_front();
        }
        self.refused.push_back(refused);
        true
    }

    fn merge_reading(
        &mut self,
        reading: &WindowReading,
        source: QuotaSource,
        seen: &Moment,
    ) -> bool {
        if reading.resets_at.is_some_and(|reset| reset <= seen.at) {
            // That window is over.
            return false;
        }
        let known = self.windows.get(&reading.window);
        let known = known.filter(|known| known.ends(&reading.window, seen).is_some());
        let Some(known) = known.cloned() else {
            if MAX_WINDOWS <= self.windows.len() && !self.windows.contains_key(&reading.window) {
                return false;
            }
            let first = known_window(reading, source, seen);
            self.windows.insert(reading.window.clone(), first);
            return true;
        };
        if is_older(seen, &known) {
            return false;
        }
        let merged = merged(&known, reading, source, seen);
        let fell = merged.fell.is_some() && known.fell.is_none();
        let is_changed = is_news(&known, &merged);
        if is_changed {
            self.windows.insert(reading.window.clone(), merged);
        }
        if fell && let (Some(used), Some(before)) = (reading.used, known.used) {
            self.refuse(RefusedReading {
                window: reading.window.clone(),
                why: format!(
                    "it fell from {before} to {used} without a reset, which counts when another reading confirms it"
                ),
                source,
                at: seen.at,
            });
        }
        is_changed
    }
}

fn known_window(reading: &WindowReading, source: QuotaSource, seen: &Moment) -> KnownWindow {
    KnownWindow {
        used: reading.used,
        resets_at: reading.resets_at,
        status: reading.status,
        seen_at: seen.at,
        boot: seen.boot.clone(),
        uptime_s: seen.uptime_s,
        source,
        rejected_until: reading
            .resets_at
            .filter(|_| reading.status == WindowStatus::Rejected),
        fell: None,
    }
}

/// Whether a report was seen before what is known: an adopted agent's output is read again from its start.
fn is_older(seen: &Moment, known: &KnownWindow) -> bool {
    if seen.boot == known.boot {
        seen.uptime_s < known.uptime_s
    } else {
        false
    }
}

/// Returns what is known of a window after another reading of it.
fn merged(
    known: &KnownWindow,
    reading: &WindowReading,
    source: QuotaSource,
    seen: &Moment,
) -> KnownWindow {
    let mut new = known_window(reading, source, seen);
    new.resets_at = new.resets_at.or(known.resets_at);
    let is_same = match (known.resets_at, reading.resets_at) {
        // A window that resets sooner than it did is no new one: what fell in it must be confirmed.
        (Some(before), Some(now)) => now.duration_since(before) < SAME_RESET,
        (Some(_) | None, None) | (None, Some(_)) => true,
    };
    if !is_same {
        return new;
    }
    if reading.status == WindowStatus::Unknown {
        // The source does not report it.
        new.status = known.status;
        new.rejected_until = known.rejected_until;
    }
    match (known.used, reading.used) {
        (Some(before), None) => new.used = Some(before),
        (Some(before), Some(now)) if now < before => {
            return fallen(known, new, (before, now), seen);
        }
        (Some(before), Some(now)) if now == before && source == QuotaSource::StatusLine => {
            // An idle Claude Code repeats it for hours.
            return known.clone();
        }
        (_, _) => {}
    }
    new
}

/// Returns what is known of a window after a reading with less use than before.
fn fallen(
    known: &KnownWindow,
    new: KnownWindow,
    (before, now): (Share, Share),
    seen: &Moment,
) -> KnownWindow {
    if new.source == QuotaSource::StatusLine {
        return known.clone();
    }
    if before.fraction() - now.fraction() < SMALL_FALL {
        let used = Some(before);
        return KnownWindow { used, ..new };
    }
    let age = known.fell.as_ref().and_then(|fell| fell.age(seen));
    match age {
        Some(age) if CONFIRMED_AFTER <= age => new,
        Some(_) => known.clone(),
        None => KnownWindow {
            fell: Some(seen.clone()),
            ..known.clone()
        },
    }
}

/// Whether a change is worth writing.
fn is_news(known: &KnownWindow, new: &KnownWindow) -> bool {
    let numbers = |it: &KnownWindow| (it.used, it.resets_at, it.status, it.rejected_until);
    let seen_again = new.seen().age(&known.seen()).is_none()
        || known
            .seen()
            .age(&new.seen())
            .is_none_or(|age| SEEN_AGAIN <= age);
    numbers(known) != numbers(new) || known.fell != new.fell || seen_again
}

/// Returns the share by which a window rose between two readings of it, if it did not reset meanwhile.
pub(super) fn rise(
    before: (Share, Option<Timestamp>),
    after: (Share, Option<Timestamp>),
) -> Option<Share> {
    let ((used, reset), (later, later_reset)) = (before, after);
    let is_same = reset
        .zip(later_reset)
        .is_none_or(|(one, other)| one.duration_since(other).abs() < SAME_RESET);
    (is_same && used <= later).then(|| Share::clamped(later.fraction() - used.fraction()))
}
