//! The waits that follow from failures, and their ends.
use super::finish::limit_reached;
use crate::engine::policy::{Bound, jittered};
use crate::engine::retry::backoff;
use crate::engine::state::{Rest, State};
use crate::model::{Event, FailureClass, Limit, Outcome, Requirement, WaitReason};
use crate::plan::{Node, Plan};
use jiff::{SignedDuration, Timestamp};

/// How long the machine is looked at before an agent is tried anyway, where no guardrail bounds the wait.
const PROBED_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Waits for the first agent that can be tried again, if all of the chain rest.
pub(super) fn wait_for_agent(
    plan: &Plan,
    state: &State,
    node: &Node,
    now: Timestamp,
) -> Option<Event> {
    if state.first_available(plan, node, now).is_some() {
        return None;
    }
    let rest = state.first_rest(plan, node)?;
    let others = if node.agent.fallback.is_empty() {
        ""
    } else {
        "; no other agent of the chain is available"
    };
    let reason = format!("{}{others}", rest.reason);
    Some(wait_for_rest(plan, state, (rest, reason), now))
}

/// Waits until the rest of an agent ends, for this reason.
pub(super) fn wait_for_rest(
    plan: &Plan,
    state: &State,
    (rest, reason): (&Rest, String),
    now: Timestamp,
) -> Event {
    if rest.is_told {
        let until = rest.until(plan);
        if rest.by_policy {
            let reason = WaitReason::Quota { reason };
            return Event::WaitStarted { reason, until };
        }
        let gives_up_at = None;
        let reason = WaitReason::RateLimit {
            reason,
            gives_up_at,
        };
        return Event::WaitStarted { reason, until };
    }
    if let Some(event) = give_up(plan, state, &rest.reason, now) {
        return event;
    }
    let gives_up_at = gives_up_at(plan, state);
    let reason = match rest.class {
        FailureClass::Outage => WaitReason::Outage {
            reason,
            gives_up_at,
        },
        FailureClass::Throttle => WaitReason::Throttle {
            reason,
            gives_up_at,
        },
        _ => WaitReason::RateLimit {
            reason,
            gives_up_at,
        },
    };
    let until = at_most(rest.until(plan), gives_up_at);
    Event::WaitStarted { reason, until }
}

/// Waits until the machine has what the agent needs.
pub(super) fn wait_for_environment(
    plan: &Plan,
    state: &State,
    requirement: &Requirement,
    outcome: &Outcome,
    now: Timestamp,
) -> Event {
    if let Some(event) = give_up(plan, state, &outcome.to_string(), now) {
        return event;
    }
    let gives_up_at = gives_up_at(plan, state);
    let until = now.checked_add(PROBED_FOR).unwrap_or(Timestamp::MAX);
    Event::WaitStarted {
        reason: WaitReason::Environment {
            requirement: requirement.clone(),
            reason: outcome.reason().to_owned(),
            gives_up_at,
        },
        until: gives_up_at.unwrap_or(until),
    }
}

/// Waits before the next attempt of the iteration.
pub(super) fn wait_for_retry(
    state: &State,
    node: &Node,
    outcome: &Outcome,
    now: Timestamp,
) -> Event {
    let delay = backoff(node.agent.retry_delay_ms, state.current.counters.failures);
    Event::WaitStarted {
        reason: WaitReason::Retry {
            error: outcome.to_string(),
        },
        until: now + jittered(delay, state),
    }
}

/// Ends the session if it has waited for as long as it may.
fn give_up(plan: &Plan, state: &State, reason: &str, now: Timestamp) -> Option<Event> {
    gives_up_at(plan, state).filter(|at| *at <= now)?;
    let (guardrails, reason) = (state.guardrails(plan), reason.to_owned());
    Some(limit_reached(match bound(state)? {
        Bound::Outage => Limit::Outage {
            max_seconds: guardrails.max_outage_s,
            reason,
        },
        Bound::Wait => Limit::Wait {
            max_seconds: guardrails.max_wait_s,
            reason,
        },
    }))
}

/// Returns when the session ends if nothing changes, if it waits for something without a told end.
pub(in crate::engine) fn gives_up_at(plan: &Plan, state: &State) -> Option<Timestamp> {
    let seconds = bound(state)?.seconds(&state.guardrails(plan))?;
    let stall = state.session.stall?;
    stall
        .since
        .checked_add(SignedDuration::from_secs(seconds))
        .ok()
}

fn bound(state: &State) -> Option<Bound> {
    let stall = state.session.stall?;
    Some(if stall.only_outages {
        Bound::Outage
    } else {
        Bound::Wait
    })
}

fn at_most(until: Timestamp, end: Option<Timestamp>) -> Timestamp {
    end.map_or(until, |end| until.min(end))
}
