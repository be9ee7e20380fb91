//! What follows from an attempt that is over.
use super::finish::{fail, limit_reached};
use super::limits::reached_budget;
use super::node::advance;
use super::refused::refused;
use super::wait::{wait_for_agent, wait_for_environment, wait_for_retry};
use crate::engine::policy::{Then, policy};
use crate::engine::repeats::same_failure;
use crate::engine::state::State;
use crate::model::{Event, FailureClass, Outcome};
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
    let Some(class) = outcome.class().filter(|_| !outcome.ends_iteration()) else {
        return after_iteration(plan, state, node, now);
    };
    if let Some(limit) = reached_budget(plan, state, now) {
        return Some(limit_reached(limit));
    }
    let spending = &state.session.spending;
    let was_ended_for_it = class == FailureClass::Cancelled;
    if was_ended_for_it && (spending.hold.is_some() || spending.billing.is_some()) {
        return advance(plan, state, node, now);
    }
    let policy = policy(class);
    match policy.then {
        // The next agent of the chain takes over at once.
        Then::Rest(_) => {
            wait_for_agent(plan, state, node, now).or_else(|| advance(plan, state, node, now))
        }
        Then::Probe(_) => {
            let needed = outcome.requirement()?;
            Some(wait_for_environment(plan, state, needed, outcome, now))
        }
        Then::End => Some(refused(plan, state, outcome, now)),
        Then::Retry
            if policy.costs_attempt
                && node.agent.max_attempts <= state.current.counters.failures =>
        {
            Some(out_of_attempts(state, node, outcome))
        }
        Then::Retry if same_failure(plan, state).is_some() => {
            same_failure(plan, state).map(limit_reached)
        }
        Then::Retry => Some(wait_for_retry(state, node, outcome, now)),
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

fn agent_name(state: &State, node: &Node) -> String {
    let agent = state.agent_at(node, state.current.fallback);
    agent.adapter().display_name().to_owned()
}
