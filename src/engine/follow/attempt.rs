//! What follows from an attempt that is over.
use super::finish::{fail, limit_reached};
use super::node::{advance, wait_for_quota};
use crate::engine::retry::backoff;
use crate::engine::state::State;
use crate::model::{Event, Limit, Outcome, WaitReason};
use crate::plan::{Node, Plan};
use crate::text::count;
use jiff::Timestamp;

pub(super) fn after_attempt(
    plan: &Plan,
    state: &State,
    outcome: &Outcome,
    now: Timestamp,
) -> Option<Event> {
    let node = state.node(plan)?;
    match outcome {
        Outcome::Reported { .. } | Outcome::Unreported { .. } => {
            after_iteration(plan, state, node, now)
        }
        // The next agent of the chain that has quota takes over at once.
        Outcome::RateLimited { reason, .. }
        | Outcome::Throttled { reason }
        | Outcome::Outage { reason } => {
            wait_for_quota(state, node, reason, now).or_else(|| advance(plan, state, node, now))
        }
        Outcome::BudgetExhausted { reason } => Some(limit_reached(Limit::AgentBudget {
            reason: reason.clone(),
        })),
        Outcome::Refused { hint, .. } => Some(fail(outcome.to_string(), hint)),
        Outcome::Crashed { .. }
        | Outcome::TimedOut { .. }
        | Outcome::Environment { .. }
        | Outcome::Lost { .. }
            if node.agent.max_attempts <= state.current.counters.failures =>
        {
            Some(out_of_attempts(state, node, outcome))
        }
        Outcome::Crashed { .. }
        | Outcome::TimedOut { .. }
        | Outcome::Environment { .. }
        | Outcome::Lost { .. }
        | Outcome::Cancelled => Some(wait_for_retry(state, node, outcome, now)),
    }
}

fn after_iteration(plan: &Plan, state: &State, node: &Node, now: Timestamp) -> Option<Event> {
    let (max, errors) = (
        plan.guardrails.max_consecutive_errors,
        state.current.counters.errors,
    );
    if max == 0 || errors < max {
        return advance(plan, state, node, now);
    }
    Some(fail(
        format!(
            "{} in a row ended in an error; the last one: {}",
            count(errors, "iteration"),
            state.last_error()
        ),
        "see what the agents printed with `ap logs`, then resume",
    ))
}

fn out_of_attempts(state: &State, node: &Node, outcome: &Outcome) -> Event {
    let attempts = match node.agent.max_attempts {
        1 => String::new(),
        _ => format!(" ({} attempts)", state.current.counters.failures),
    };
    fail(
        format!("{} process {outcome}{attempts}", agent_name(state, node)),
        "",
    )
}

fn wait_for_retry(state: &State, node: &Node, outcome: &Outcome, now: Timestamp) -> Event {
    let delay = backoff(node.agent.retry_delay_ms, state.current.counters.failures);
    Event::WaitStarted {
        reason: WaitReason::Retry {
            error: outcome.to_string(),
        },
        until: now + delay,
    }
}

fn agent_name(state: &State, node: &Node) -> String {
    let agent = state.agent_at(node, state.current.fallback);
    agent.adapter().display_name().to_owned()
}
