//! Whether an attempt failed because the provider did not serve it.
use crate::agent::failure;
use crate::agent::transcript::TranscriptState;
use crate::model::{Exit, Outcome};

/// Returns the outage a failed attempt ended by.
pub(super) fn of_failure(state: &TranscriptState, exit: &Exit) -> Option<Outcome> {
    if exit.code == Some(0) && !state.has_failed() {
        return None;
    }
    if is_outage(state) {
        let reason = state.error_text();
        return Some(outage(
            reason.as_deref().unwrap_or("the API cannot be reached"),
        ));
    }
    of_timeout(state)
}

/// Returns the outage, or the throttling, that an attempt was waiting out when it was ended.
pub(super) fn of_timeout(state: &TranscriptState) -> Option<Outcome> {
    match state.retrying.as_deref()? {
        failure::OUTAGE => Some(outage("the API did not answer its requests")),
        failure::RATE_LIMIT => Some(Outcome::Throttled {
            reason: "the provider limits requests".to_owned(),
        }),
        _ => None,
    }
}

/// Returns the outage of an attempt whose answer was cut off, although it passed for a success.
pub(super) fn of_success(state: &TranscriptState) -> Option<Outcome> {
    state
        .is_cut_off
        .then(|| outage("the answer was cut off by a lost connection"))
}

fn is_outage(state: &TranscriptState) -> bool {
    let by_status = state
        .api_status()
        .is_some_and(|status| status == 408 || 500 <= status);
    // A request that failed without a status got no answer.
    let without_answer = state.api_status().is_none()
        && matches!(state.error.as_str(), "" | "unknown")
        && state.ended_by("api_error");
    by_status || matches!(state.error.as_str(), failure::OUTAGE | "overloaded") || without_answer
}

fn outage(reason: &str) -> Outcome {
    Outcome::Outage {
        reason: reason.to_owned(),
    }
}
