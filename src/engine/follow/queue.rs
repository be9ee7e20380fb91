//! What a queue's status keeps its node from.
use super::finish::{fail, limit_reached};
use super::question::about_trouble;
use crate::engine::pending::empty_is_done;
use crate::engine::retry::queue_poll;
use crate::engine::state::State;
use crate::model::{Event, Limit, QueueStatus, Subject, WaitReason};
use crate::plan::Node;
use jiff::{SignedDuration, Timestamp};

/// Returns why a node that works through a queue cannot start its next attempt, if so.
pub(super) fn held_up(state: &State, node: &Node, now: Timestamp) -> Option<Event> {
    if !node.termination.asks_queue() {
        return None;
    }
    // The agent may be about to retry the very task that is held.
    let retries = state.current.in_iteration() && !node.claims();
    match state.current.queue_status.as_ref()? {
        QueueStatus::Work { .. } | QueueStatus::Done { .. } => None,
        QueueStatus::Wait { .. } | QueueStatus::Stalled { .. } if retries => None,
        QueueStatus::Wait { held, by } => Some(wait_for_tasks(state, node, *held, by, now)),
        QueueStatus::Stalled { blocked, left } => {
            let (about, ending) = (Subject::StalledQueue, stalled(blocked, *left));
            Some(about_trouble(state, node, about, ending, now))
        }
        QueueStatus::ReleaseStale { ids } => Some(not_released(state, ids)),
        QueueStatus::NoItems { .. } if empty_is_done(node) => None,
        QueueStatus::NoItems { looked_for, next } => Some(no_tasks(looked_for, next)),
        QueueStatus::Busy { error } => Some(wait_for_queue(state, node, error, now)),
        QueueStatus::Unknown { error } => Some(unreadable(error)),
    }
}

fn stalled(blocked: &[String], left: u32) -> Event {
    let named = u32::try_from(blocked.len()).unwrap_or(u32::MAX);
    limit_reached(Limit::QueueStalled {
        left: left.max(named),
        blocked: blocked.to_vec(),
    })
}

fn wait_for_tasks(state: &State, node: &Node, held: u32, by: &[String], now: Timestamp) -> Event {
    let by = by.to_vec();
    match next_check(state, node, now) {
        Some(until) => Event::WaitStarted {
            reason: WaitReason::Queue { held, by },
            until,
        },
        None => limit_reached(Limit::QueueWait {
            max_seconds: max_wait(node),
            held,
            by,
        }),
    }
}

fn wait_for_queue(state: &State, node: &Node, error: &str, now: Timestamp) -> Event {
    match next_check(state, node, now) {
        Some(until) => {
            let reason = WaitReason::BusyQueue {
                error: error.to_owned(),
            };
            Event::WaitStarted { reason, until }
        }
        None => unreadable(error),
    }
}

/// Returns when to check the queue again, if the node may still wait.
fn next_check(state: &State, node: &Node, now: Timestamp) -> Option<Timestamp> {
    let counters = &state.current.counters;
    let max = i64::try_from(max_wait(node)).unwrap_or(i64::MAX / 1000);
    let end = counters.queue_waiting_since.unwrap_or(now) + SignedDuration::from_secs(max);
    (now < end).then(|| (now + queue_poll(counters.queue_waits)).min(end))
}

fn max_wait(node: &Node) -> u64 {
    node.queue.as_ref().map_or(0, |queue| queue.max_wait_s)
}

fn unreadable(error: &str) -> Event {
    fail(
        format!("the queue cannot be read: {error}"),
        "fix it, then resume",
    )
}

fn no_tasks(searched: &str, next: &str) -> Event {
    let hint = if next.is_empty() {
        "add a task, then resume"
    } else {
        next
    };
    fail(
        format!("the queue has no tasks at all; looked for {searched}"),
        hint,
    )
}

fn not_released(state: &State, ids: &[String]) -> Event {
    let session = state
        .session
        .name
        .as_ref()
        .map_or_else(String::new, |name| format!(" --session {name}"));
    fail(
        format!(
            "could not release tasks of agents that are gone: {}",
            ids.join(", ")
        ),
        format!(
            "`ap queue status{session}` shows who holds them; `ap queue release <id> --from <owner>{session}` releases one; then resume"
        ),
    )
}
