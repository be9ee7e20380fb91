//! Compares what the session has used with its limits.
use crate::engine::state::State;
use crate::model::Limit;
use crate::plan::Plan;
use jiff::{SignedDuration, Timestamp};

/// Returns the limit of the session that is reached, if any.
pub(super) fn session_limit(plan: &Plan, state: &State, now: Timestamp) -> Option<Limit> {
    let guardrails = state.guardrails(plan);
    runtime_limit(guardrails.max_runtime_seconds, state.ran(now))
        .or_else(|| cost_limit(guardrails.max_cost_usd, state.session.usage.cost_usd))
}

fn runtime_limit(max_seconds: u64, ran: SignedDuration) -> Option<Limit> {
    let reached = i64::try_from(max_seconds).is_ok_and(|max| 0 < max && max <= ran.as_secs());
    reached.then_some(Limit::Runtime { max_seconds })
}

fn cost_limit(max_usd: f64, spent_usd: f64) -> Option<Limit> {
    (0.0 < max_usd && max_usd <= spent_usd).then_some(Limit::Cost { max_usd, spent_usd })
}
