//! Compares what the session has used with its limits.
use crate::engine::budget::{cost_limit, runtime_limit, token_limit};
use crate::engine::state::State;
use crate::model::{Limit, Spender};
use crate::plan::{Plan, Step};
use jiff::Timestamp;

/// Returns the limit of the session that is reached, if any.
pub(super) fn session_limit(plan: &Plan, state: &State, now: Timestamp) -> Option<Limit> {
    let guardrails = state.guardrails(plan);
    let usage = &state.session.usage;
    runtime_limit(guardrails.max_runtime_seconds, state.ran(now))
        .or_else(|| cost_limit(guardrails.max_cost_usd, usage.cost_usd))
        .or_else(|| token_limit(guardrails.max_tokens, usage.billed_tokens()))
        .map(|limit| limit.spent_by(spender(plan, state, false)))
}

/// Returns the budget for which the last attempt was ended, if it was: with what is spent now.
pub(super) fn reached_budget(plan: &Plan, state: &State, now: Timestamp) -> Option<Limit> {
    let reached = state.session.spending.reached.as_ref()?;
    let limit = session_limit(plan, state, now).unwrap_or_else(|| reached.clone());
    Some(limit.spent_by(spender(plan, state, true)))
}

fn spender(plan: &Plan, state: &State, is_unfinished: bool) -> Option<Spender> {
    let (cursor, usage) = state.session.spending.last.as_ref()?;
    let node = plan.step(cursor.node).and_then(Step::node)?;
    Some(Spender::new(
        node.id.clone(),
        cursor.iteration,
        usage,
        is_unfinished,
    ))
}
