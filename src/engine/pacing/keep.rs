//! Which share of a window is kept at a moment, and when that changes.
use crate::model::{Share, WindowName};
use crate::plan::{Keep, QuotaPolicy};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

/// Returns the largest share of a window that is kept at a moment.
pub(super) fn kept(
    policy: &QuotaPolicy,
    window: &WindowName,
    at: Timestamp,
    zone: &TimeZone,
) -> Share {
    let local = zone.to_datetime(at);
    let applies =
        |keep: &&Keep| keep.window == *window && keep.hours.contains(local.weekday(), local.time());
    let shares = policy.keep.iter().filter(applies).map(|keep| keep.share);
    shares.fold(Share::NONE, Share::max)
}

/// Returns the moments up to `end` at which what is kept may change, in no order.
///
/// A time that a daylight-saving night skips or repeats has two moments, and the change of the clocks is one itself.
pub(super) fn edges(
    policy: &QuotaPolicy,
    now: Timestamp,
    end: Timestamp,
    zone: &TimeZone,
) -> Vec<Timestamp> {
    let mut times: Vec<_> = policy.keep.iter().flat_map(|it| it.hours.edges()).collect();
    times.sort_unstable();
    times.dedup();
    if times.is_empty() {
        return Vec::new();
    }
    let changes = zone
        .following(now)
        .map(|change| change.timestamp())
        .take_while(|change| *change < end);
    let mut edges: Vec<Timestamp> = changes.collect();
    let mut date = zone.to_datetime(now).date();
    let last = zone.to_datetime(end).date();
    while date <= last {
        for time in &times {
            let ambiguous = zone.to_ambiguous_timestamp(date.to_datetime(*time));
            edges.extend(ambiguous.earlier());
            edges.extend(ambiguous.later());
        }
        match date.checked_add(1.day()) {
            Ok(next) => date = next,
            Err(_) => break,
        }
    }
    edges.retain(|edge| now < *edge && *edge < end);
    edges
}

/// Returns a moment this much later, or the last one there is.
pub(in crate::engine) fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}
