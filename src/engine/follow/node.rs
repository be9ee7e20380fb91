//! How a node advances: its end, a wait, or its next attempt.
use super::finish::{fail, limit_reached};
use super::limits::session_limit;
use super::question;
use super::queue;
use super::refused::refused;
use super::wait::{wait_for_agent, wait_for_environment, wait_for_rest};
use crate::engine::idle;
use crate::engine::policy::{Then, policy};
use crate::engine::repeats::same_failure;
use crate::engine::state::{Phase, State};
use crate::model::{Event, GateVerdict, Limit, NodeEnding, Subject, WaitReason};
use crate::plan::{Node, Plan, PlanKind};
use crate::termination::{Answer, MAX_BROKEN_ANSWERS};
use crate::text::count;
use jiff::{SignedDuration, Timestamp};

/// Ends the node or the session, waits, or starts the next attempt.
pub(super) fn advance(plan: &Plan, state: &State, node: &Node, now: Timestamp) -> Option<Event> {
    if let Some(event) = question::after_iteration(state, node, now) {
        return Some(event);
    }
    // The end is checked after a failed attempt too: if it closed the last task, there is nothing to retry.
    if let Some(event) = end_of_node(plan, state, node).or_else(|| broken_gate(state, node, now)) {
        return Some(event);
    }
    if state.awaits_gate(plan).is_some() {
        return wait_for_judge(plan, state, now);
    }
    let limit = session_limit(plan, state, now)
        .or_else(|| same_failure(plan, state))
        .or_else(|| idle::idle_limit(plan, state, node));
    if let Some(limit) = limit {
        return Some(limit_reached(limit));
    }
    if let Some(event) = queue::held_up(state, node, now) {
        return Some(event);
    }
    if state.session.pausing {
        return None;
    }
    if state.session.yielding && !state.current.in_iteration() {
        return Some(Event::RunnerParked {
            until: None,
            why: "other projects wait".to_owned(),
        });
    }
    let asked = question::about_bill(plan, state, now)
        .or_else(|| question::before_iteration(state, node, now));
    if let Some(event) = asked {
        return Some(event);
    }
    if let Some((reason, until)) = state.session.spending.hold.as_ref() {
        return Some(Event::WaitStarted {
            reason: WaitReason::Budget {
                reason: reason.clone(),
            },
            until: *until,
        });
    }
    if let Some(event) = delay(state, node, now).or_else(|| wait_for_agent(plan, state, node, now))
    {
        return Some(event);
    }
    (!state.awaits_claim(plan)).then(|| start(plan, state, node, now))
}

/// Returns the end of the node, if its termination says so.
fn end_of_node(plan: &Plan, state: &State, node: &Node) -> Option<Event> {
    let evidence = state.evidence(node);
    let Answer::Ends(ending) = node.termination.answer(&evidence) else {
        return None;
    };
    let all_ran = matches!(ending, NodeEnding::AllIterations { .. }) && 0 < evidence.iterations;
    if all_ran && state.current.counters.succeeded == 0 {
        return Some(fail(
            format!(
                "every iteration ended in an error; the last one: {}",
                state.last_error()
            ),
            "see what the agents printed with `ap logs`, then resume: failed iterations are repeated",
        ));
    }
    if plan.kind == PlanKind::Loop && !ending.reached_goal() {
        return Some(limit_reached(Limit::Iterations {
            max: evidence.iterations,
            goal: node.termination.goal().to_owned(),
            node: None,
        }));
    }
    let (node, id) = (state.current.cursor.node, node.id.clone());
    Some(Event::NodeFinished { node, id, ending })
}

/// Waits until the judge can be asked again, or ends the session, as the policy of its failure's class says.
fn wait_for_judge(plan: &Plan, state: &State, now: Timestamp) -> Option<Event> {
    let (agent, outcome) = state.current.judge_failure.as_ref()?;
    match policy(outcome.class()?).then {
        Then::Rest(_) => {
            let rest = state.session.resting.get(agent)?;
            let reason = format!("the judge is not served: {}", rest.reason);
            (now < rest.until(plan)).then(|| wait_for_rest(plan, state, (rest, reason), now))
        }
        Then::Probe(_) => {
            let needed = outcome.requirement()?;
            Some(wait_for_environment(plan, state, needed, outcome, now))
        }
        Then::End => Some(refused(plan, state, outcome, now)),
        Then::Retry => None,
    }
}

/// Ends the session, or asks you, if a gate gave no answer too many times in a row.
fn broken_gate(state: &State, node: &Node, now: Timestamp) -> Option<Event> {
    let failures = state.current.counters.gate_failures;
    let (gate, verdict) = state
        .current
        .last_gate
        .as_ref()
        .filter(|_| MAX_BROKEN_ANSWERS <= failures)?;
    let (times, reason) = (count(failures, "time"), verdict.reason());
    let ending = fail(
        format!("`{gate}` gave no answer {times} in a row: {reason}"),
        "fix it, then resume",
    );
    let about = Subject::BrokenGate;
    Some(question::about_trouble(state, node, about, ending, now))
}

/// The number of delays before the next iteration while a gate reports that something is still running.
const DELAYS_IN_PROGRESS: u64 = 3;

/// Waits between iterations. An agent that takes over for another is within its iteration.
fn delay(state: &State, node: &Node, now: Timestamp) -> Option<Event> {
    let after_iteration =
        matches!(state.phase, Phase::Exited { .. }) && !state.current.in_iteration();
    (after_iteration && 0 < node.delay_ms).then(|| {
        let delay_ms = node
            .delay_ms
            .saturating_mul(delays(state.current.gates.values()));
        let delay = SignedDuration::from_millis(i64::try_from(delay_ms).unwrap_or(i64::MAX));
        Event::WaitStarted {
            reason: WaitReason::Delay,
            until: now + delay,
        }
    })
}

/// Returns how many delays the next iteration waits after these answers of the gates.
fn delays<'a>(mut gates: impl Iterator<Item = &'a GateVerdict>) -> u64 {
    if gates.any(|verdict| matches!(verdict, GateVerdict::InProgress { .. })) {
        DELAYS_IN_PROGRESS
    } else {
        1
    }
}

fn start(plan: &Plan, state: &State, node: &Node, now: Timestamp) -> Event {
    let (fallback, agent) = state.next_agent(plan, node, now);
    Event::IterationStarted {
        cursor: state.current.next_attempt(),
        fallback,
        agent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_iteration_waits_three_delays_while_a_gate_is_in_progress() {
        let reason = String::new;
        let running = GateVerdict::InProgress { reason: reason() };
        let failing = GateVerdict::Continue { reason: reason() };
        assert_eq!(delays([&failing].into_iter()), 1);
        assert_eq!(delays([&failing, &running].into_iter()), 3);
        assert_eq!(delays(std::iter::empty()), 1);
    }
}
