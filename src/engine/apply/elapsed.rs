//! Time that is counted once.
use jiff::{SignedDuration, Timestamp};

/// Returns the milliseconds from `since` to `at`, and moves `since` there, so that none is counted twice.
pub(super) fn passed_ms(since: &mut Timestamp, at: Timestamp) -> i64 {
    let passed = at.duration_since(*since).max(SignedDuration::ZERO);
    *since = (*since).max(at);
    i64::try_from(passed.as_millis()).unwrap_or(i64::MAX)
}
