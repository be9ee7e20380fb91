//! Whether an attempt failed because of a rate limit or a used up quota.
use crate::agent::transcript::TranscriptState;
use crate::model::{Exit, Outcome};
use jiff::{SignedDuration, Timestamp};

/// No quota window is longer; a reset further away is a mistake.
const MAX_RESET: SignedDuration = SignedDuration::from_hours(8 * 24);

/// Returns the rate limit a failed attempt ended by. A limit that was overcome does not count.
pub(super) fn of_failure(state: &TranscriptState, exit: &Exit, now: Timestamp) -> Option<Outcome> {
    if exit.code == Some(0) && !state.has_failed() {
        return None;
    }
    rate_limited(state, now)
}

/// Returns the rate limit an attempt waited for, if it is known when it ends.
pub(super) fn of_timeout(state: &TranscriptState, now: Timestamp) -> Option<Outcome> {
    rate_limited(state, now)
        .filter(|outcome| matches!(outcome, Outcome::RateLimited { until: Some(_), .. }))
}

/// Returns the rate limit of the last answer. Without a reset it is throttling, or the account reports no more.
fn rate_limited(state: &TranscriptState, now: Timestamp) -> Option<Outcome> {
    let by_answer = state.error == "rate_limit" || state.api_status() == Some(429);
    let rejected = state.rate_limit.as_ref().filter(|limit| limit.rejected);
    if !by_answer && rejected.is_none() {
        return None;
    }
    let reset = rejected
        .and_then(|limit| limit.resets_at)
        .or(state.resets_at)
        .or_else(|| now.checked_add(state.resets_in?).ok());
    let until = reset.filter(|at| *at > now && at.duration_since(now) <= MAX_RESET);
    let reason = match rejected {
        Some(limit) if !limit.window.is_empty() => {
            format!("the {} quota is used up", limit.window.replace('_', " "))
        }
        _ => state
            .error_text()
            .unwrap_or_else(|| "the provider limits requests".to_owned()),
    };
    Some(Outcome::RateLimited { until, reason })
}
