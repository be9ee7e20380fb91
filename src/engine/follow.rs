//! The fact that follows from the state alone.
use super::block;
use super::idle;
use super::pending::empty_is_done;
use super::retry::{backoff, queue_poll};
use super::{Phase, State};
use crate::model::{Ending, Event, NodeEnding, Outcome, QueueStatus, WaitReason};
use crate::plan::{Node, Plan, PlanKind, Step};
use crate::termination::{Answer, MAX_BROKEN_ANSWERS};
use crate::text::count;
use jiff::{SignedDuration, Timestamp};

/// Returns the fact that follows from the state alone, if any.
///
/// The runner asks after every input, and first thing after a crash, until there is nothing left.
pub fn follow(plan: &Plan, state: &State, now: Timestamp) -> Option<Event> {
    match &state.phase {
        Phase::New | Phase::Running | Phase::Ended { .. } => None,
        Phase::Parallel => block::over(
            state,
            plan.block(state.cursor.node)?,
            exhausted(plan, state, now),
        ),
        Phase::Ready | Phase::Exited { .. } if state.awaits_queue(plan) => None,
        Phase::Ready | Phase::Exited { .. } | Phase::Waiting { .. } if state.stopping.is_some() => {
            let by = state.stopping.clone().unwrap_or_default();
            Some(finish(Ending::Stopped { by }))
        }
        Phase::Waiting { .. } => None,
        Phase::Exited { outcome } => after_attempt(plan, state, outcome, now),
        Phase::Ready => match state.step(plan) {
            None => Some(finish(all_done(plan, state))),
            Some(Step::Node(node)) => advance(plan, state, node, now),
            Some(Step::Block(_)) => match exhausted(plan, state, now) {
                Some(limit) => Some(finish(Ending::LimitReached { limit })),
                None => (!state.pausing).then(|| Event::BlockStarted {
                    cursor: state.next_attempt(),
                }),
            },
        },
    }
}

fn after_attempt(plan: &Plan, state: &State, outcome: &Outcome, now: Timestamp) -> Option<Event> {
    let node = state.node(plan)?;
    match outcome {
        Outcome::Reported { .. } | Outcome::Unreported { .. } => {
            after_iteration(plan, state, node, now)
        }
        // The next agent of the chain that has quota takes over at once.
        Outcome::RateLimited { reason, .. } => {
            out_of_quota(state, node, reason, now).or_else(|| advance(plan, state, node, now))
        }
        Outcome::Refused { hint, .. } => Some(fail(outcome.to_string(), hint.clone())),
        Outcome::Crashed { .. } | Outcome::TimedOut { .. } | Outcome::Lost { .. }
            if node.agent.max_attempts <= state.counters.failures =>
        {
            let tries = if node.agent.max_attempts == 1 {
                String::new()
            } else {
                format!(" ({} attempts)", state.counters.failures)
            };
            Some(fail(
                format!("{} process {outcome}{tries}", agent_name(state, node)),
                String::new(),
            ))
        }
        Outcome::Crashed { .. }
        | Outcome::TimedOut { .. }
        | Outcome::Lost { .. }
        | Outcome::Cancelled => {
            let reason = WaitReason::Retry {
                error: outcome.to_string(),
            };
            Some(Event::WaitStarted {
                reason,
                until: now + backoff(node.agent.retry_delay_ms, state.counters.failures),
            })
        }
    }
}

/// Waits for the first agent that gets quota again, where none has any.
fn out_of_quota(state: &State, node: &Node, reason: &str, now: Timestamp) -> Option<Event> {
    let until = state
        .next_available_at(node)
        .filter(|_| state.first_available(node, now).is_none())?;
    let rest = if node.agent.fallback.is_empty() {
        ""
    } else {
        "; no other agent of the chain has quota left"
    };
    Some(Event::WaitStarted {
        reason: WaitReason::RateLimit {
            reason: format!("{reason}{rest}"),
        },
        until,
    })
}

fn after_iteration(plan: &Plan, state: &State, node: &Node, now: Timestamp) -> Option<Event> {
    let most = plan.guardrails.max_consecutive_errors;
    if 0 < most && most <= state.counters.errors {
        let last = state.last_error.as_deref().unwrap_or("no reason given");
        return Some(fail(
            format!(
                "{} in a row ended in an error; the last one: {last}",
                count(state.counters.errors, "iteration")
            ),
            "see what the agents said with `ap logs`, then resume".to_owned(),
        ));
    }
    advance(plan, state, node, now)
}

/// Ends the node, ends the session, waits, or starts the next attempt.
fn advance(plan: &Plan, state: &State, node: &Node, now: Timestamp) -> Option<Event> {
    // Also in an iteration that failed: if it closed the last task, nothing is left to try again for.
    if let Some(event) = ending(plan, state, node) {
        return Some(event);
    }
    if MAX_BROKEN_ANSWERS <= state.counters.gate_failures {
        let (gate, why) = state
            .last_gate
            .as_ref()
            .map_or(("", ""), |(gate, verdict)| {
                (gate.as_str(), verdict.reason())
            });
        let times = count(state.counters.gate_failures, "time");
        return Some(fail(
            format!("`{gate}` gave no answer {times} in a row: {why}"),
            "mend it, then resume".to_owned(),
        ));
    }
    if state.awaits_gate(plan).is_some() {
        return None;
    }
    if let Some(limit) = exhausted(plan, state, now).or_else(|| idle::limit(plan, state, node)) {
        return Some(finish(Ending::LimitReached { limit }));
    }
    if let Some(event) = held_up(state, node, now) {
        return Some(event);
    }
    if state.pausing {
        return None;
    }
    // An agent that takes over for another is within its iteration.
    if node.delay_ms > 0 && matches!(state.phase, Phase::Exited { .. }) && !state.in_iteration() {
        let until =
            now + SignedDuration::from_millis(i64::try_from(node.delay_ms).unwrap_or(i64::MAX));
        return Some(Event::WaitStarted {
            reason: WaitReason::Delay,
            until,
        });
    }
    // Another node's agents may have used it up.
    if let Some(event) = out_of_quota(
        state,
        node,
        &format!("{} is out of quota", state.agent_at(node, 0).label()),
        now,
    ) {
        return Some(event);
    }
    if state.awaits_claim(plan) {
        return None;
    }
    let (fallback, agent) = state.next_agent(node, now);
    Some(Event::IterationStarted {
        cursor: state.next_attempt(),
        fallback,
        agent,
    })
}

/// Returns the end of the node, if its termination says so.
fn ending(plan: &Plan, state: &State, node: &Node) -> Option<Event> {
    let seen = state.evidence(node);
    let Answer::Ends(ending) = node.termination.answer(&seen) else {
        return None;
    };
    if matches!(ending, NodeEnding::AllIterations { .. })
        && 0 < seen.iterations
        && state.counters.succeeded == 0
    {
        // Running out of iterations is no success when not one of them went well.
        let last = state.last_error.as_deref().unwrap_or("no reason given");
        return Some(fail(
            format!("every iteration ended in an error; the last one: {last}"),
            "see what the agents said with `ap logs`, then resume: what failed is made again"
                .to_owned(),
        ));
    }
    if plan.kind == PlanKind::Loop && !ending.reached_goal() {
        let limit = format!(
            "all {} iterations are used up before {}",
            seen.iterations,
            node.termination.goal()
        );
        return Some(finish(Ending::LimitReached { limit }));
    }
    Some(Event::NodeFinished {
        node: state.cursor.node,
        id: node.id.clone(),
        ending,
    })
}

/// Returns the session-wide bound that has been reached, if any.
fn exhausted(plan: &Plan, state: &State, now: Timestamp) -> Option<String> {
    let bounds = state.guardrails(plan);
    let ran = state.ran(now).as_secs();
    if 0 < bounds.max_runtime_seconds
        && i64::try_from(bounds.max_runtime_seconds).is_ok_and(|most| most <= ran)
    {
        return Some(format!(
            "the session has run for {ran} s of the {} s it may",
            bounds.max_runtime_seconds
        ));
    }
    if 0.0 < bounds.max_cost_usd && bounds.max_cost_usd <= state.usage.cost_usd {
        return Some(format!(
            "${:.2} are spent of the ${:.2} the session may",
            state.usage.cost_usd, bounds.max_cost_usd
        ));
    }
    None
}

/// Returns what the queue keeps a queue node from going on with, if anything.
fn held_up(state: &State, node: &Node, now: Timestamp) -> Option<Event> {
    if !node.termination.asks_queue() {
        return None;
    }
    match state.queue_status.as_ref()? {
        QueueStatus::Work { .. } | QueueStatus::Done { .. } => None,
        // The agent may be about to be tried again on the very task that is held.
        QueueStatus::Wait { .. } | QueueStatus::Stalled { .. }
            if state.in_iteration() && !node.claims() =>
        {
            None
        }
        QueueStatus::Wait { held, by } => Some(wait_for_queue(state, node, *held, by, now)),
        QueueStatus::Stalled { blocked, left } => {
            let left = (*left as usize).max(blocked.len());
            let more = if blocked.len() < left {
                format!("; and {} more", left - blocked.len())
            } else {
                String::new()
            };
            let what = format!(
                "{} left that nobody can work on: {}{more}",
                count(left, "task"),
                blocked.join("; ")
            );
            Some(finish(Ending::LimitReached {
                limit: format!("the queue is stalled: {what}"),
            }))
        }
        QueueStatus::ReleaseStale { ids } => Some(fail(
            format!(
                "tasks of agents that are gone could not be taken back: {}",
                ids.join(", ")
            ),
            take_back(state),
        )),
        status if empty_is_done(node, status) => None,
        QueueStatus::NoItems { looked_for, next } => {
            let next = if next.is_empty() {
                "add a task, then resume"
            } else {
                next
            };
            Some(fail(
                format!("the queue has no tasks at all; looked for {looked_for}"),
                next.to_owned(),
            ))
        }
        QueueStatus::Busy { error } => {
            let until = queue_wait(state, node, now);
            let gone = || {
                fail(
                    format!("the queue cannot be read: {error}"),
                    "mend that, then resume".to_owned(),
                )
            };
            Some(until.map_or_else(
                |_| gone(),
                |until| Event::WaitStarted {
                    reason: WaitReason::BusyQueue {
                        error: error.clone(),
                    },
                    until,
                },
            ))
        }
        QueueStatus::Unknown { error } => Some(fail(
            format!("the queue cannot be read: {error}"),
            "mend that, then resume".to_owned(),
        )),
    }
}

/// Says how a person takes tasks back that we could not.
fn take_back(state: &State) -> String {
    let session = state
        .session
        .iter()
        .map(|name| format!(" --session {name}"))
        .collect::<String>();
    format!(
        "`ap queue status{session}` shows who holds them; `ap queue release <id> --from <owner>{session}` takes one back; then resume"
    )
}

fn wait_for_queue(state: &State, node: &Node, held: u32, by: &[String], now: Timestamp) -> Event {
    match queue_wait(state, node, now) {
        Ok(until) => Event::WaitStarted {
            reason: WaitReason::Queue {
                held,
                by: by.to_vec(),
            },
            until,
        },
        Err(most) => finish(Ending::LimitReached {
            limit: format!("waited {most} s for {}", crate::text::held(held, by)),
        }),
    }
}

/// Returns when to look at the queue again, or how many seconds have been waited in vain.
fn queue_wait(state: &State, node: &Node, now: Timestamp) -> Result<Timestamp, u64> {
    let since = state.counters.queue_waiting_since.unwrap_or(now);
    let most = node.queue.as_ref().map_or(0, |queue| queue.max_wait_s);
    let end = since + SignedDuration::from_secs(i64::try_from(most).unwrap_or(i64::MAX / 1000));
    if end <= now {
        Err(most)
    } else {
        Ok((now + queue_poll(state.counters.queue_waits)).min(end))
    }
}

/// A node that ran out of iterations is how pipelines are bounded, except that a queue with tasks left, or work that does
/// not pass, is unfinished.
fn all_done(plan: &Plan, state: &State) -> Ending {
    let steps = plan.steps.iter().cycle().zip(&state.finished);
    let unfinished = steps
        .filter_map(|(step, done)| Some((step.node()?, done)))
        .find(|(node, done)| node.termination.must_reach_goal() && !done.ending.reached_goal());
    match (unfinished, state.finished.last()) {
        (Some((node, done)), _) => Ending::LimitReached {
            limit: format!(
                "node `{}` used all its {} iterations before {}",
                node.id,
                done.iterations,
                node.termination.goal()
            ),
        },
        (None, Some(last)) => Ending::Completed {
            reason: last.ending.clone(),
        },
        (None, None) => Ending::Failed {
            error: "the plan has no nodes".to_owned(),
            hint: String::new(),
        },
    }
}

fn agent_name(state: &State, node: &Node) -> String {
    let agent = state.agent_at(node, state.fallback);
    agent.adapter().display_name().to_owned()
}

pub(super) fn fail(error: String, hint: String) -> Event {
    finish(Ending::Failed { error, hint })
}

pub(super) fn finish(ending: Ending) -> Event {
    Event::SessionFinished { ending }
}
