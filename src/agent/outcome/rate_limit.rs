//! Whether an attempt failed because of a rate limit or a used up quota.
use crate::agent::failure;
use crate::agent::transcript::{RateLimit, TranscriptState};
use crate::model::{Exit, Outcome};
use jiff::{SignedDuration, Timestamp};

/// No quota window is longer; a reset further away is a mistake.
const MAX_RESET: SignedDuration = SignedDuration::from_hours(8 * 24);
/// More seconds than this since 1970 are milliseconds.
const FIRST_MILLISECONDS: i64 = 100_000_000_000;

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

/// Returns the limit of the last answer. Without a reset and a used up window it is throttling.
fn rate_limited(state: &TranscriptState, now: Timestamp) -> Option<Outcome> {
    let is_quota = state.error == failure::QUOTA;
    let by_answer =
        is_quota || state.error == failure::RATE_LIMIT || state.api_status() == Some(429);
    let rejected = state.rate_limit.as_ref().filter(|limit| limit.rejected);
    if !by_answer && rejected.is_none() {
        return None;
    }
    let (until, remark) = reset(state, rejected, now);
    let window = rejected.filter(|limit| !limit.window.is_empty());
    let reason = match window {
        Some(limit) => format!("the {} quota is used up", limit.window.replace('_', " ")),
        None => state
            .error_text()
            .unwrap_or_else(|| "the provider limits requests".to_owned()),
    };
    let reason = if remark.is_empty() {
        reason
    } else {
        format!("{}{remark}", reason.trim_end_matches('.'))
    };
    let is_told = until.is_some() || !remark.is_empty();
    Some(if is_told || is_quota || window.is_some() {
        Outcome::RateLimited { until, reason }
    } else {
        Outcome::Throttled { reason }
    })
}

/// Returns when the quota comes back, or a remark on what the provider says about it instead.
fn reset(
    state: &TranscriptState,
    rejected: Option<&RateLimit>,
    now: Timestamp,
) -> (Option<Timestamp>, String) {
    let number = rejected
        .and_then(|limit| limit.reset_number)
        .or(state.reset_number);
    if let Some(number) = number {
        return match time(number, now) {
            Ok(at) => (Some(at), String::new()),
            Err(why) => (None, format!("; the reset it names ({number}) {why}")),
        };
    }
    if let Some(wait) = state.resets_in {
        return match now.checked_add(wait) {
            Ok(at) if wait <= MAX_RESET => (Some(at), String::new()),
            Ok(_) | Err(_) => (None, format!("; the reset it names {TOO_FAR}")),
        };
    }
    let text = state.error_text().unwrap_or_default();
    if failure::names_a_reset(&text) {
        return (None, "; when it resets cannot be read".to_owned());
    }
    (None, String::new())
}

const TOO_FAR: &str = "is more than 8 days away, so it is not believed";

/// Returns the time of a reset, or what is wrong with it.
fn time(seconds: i64, now: Timestamp) -> Result<Timestamp, &'static str> {
    if FIRST_MILLISECONDS <= seconds {
        return Err("is in milliseconds, so it is not believed");
    }
    let at = Timestamp::from_second(seconds).map_err(|_| TOO_FAR)?;
    if at <= now {
        Err("is in the past, so it is not believed")
    } else if MAX_RESET < at.duration_since(now) {
        Err(TOO_FAR)
    } else {
        Ok(at)
    }
}
