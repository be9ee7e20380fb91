//! The fact that follows from the state alone.
use super::attempt::after_attempt;
use super::block;
use super::finish::{fail, finish, limit_reached};
use super::hook;
use super::limits::session_limit;
use super::node::advance;
use super::question;
use crate::engine::state::{Phase, State};
use crate::model::{Ending, Event, Limit, NodeEnding, WaitReason};
use crate::plan::{Plan, Step};
use jiff::Timestamp;

/// Returns the fact that follows from the state alone, if any.
///
/// The runner asks after every input, and first thing after a crash, until there is nothing left.
pub fn follow(plan: &Plan, state: &State, now: Timestamp) -> Option<Event> {
    if state.session.hooks.running.is_some() {
        // Its end decides.
        return None;
    }
    hook::before(plan, state, without_hooks(plan, state, now), now)
}

/// Returns how the session ends next, if nothing else follows.
pub fn ending_ahead(plan: &Plan, state: &State, now: Timestamp) -> Option<Ending> {
    match without_hooks(plan, state, now)? {
        Event::SessionFinished { ending } => Some(ending),
        _ => None,
    }
}

/// Returns the fact that follows if no hook runs before it.
fn without_hooks(plan: &Plan, state: &State, now: Timestamp) -> Option<Event> {
    if let (Phase::Exited { .. }, Some(doubt)) = (&state.phase, &state.session.spending.unrecorded)
    {
        return Some(Event::CostDoubted(doubt.clone()));
    }
    let is_between = matches!(state.phase, Phase::Exited { .. } | Phase::Ready);
    if let Some(phase) = state
        .session
        .unrecorded_phases
        .first()
        .filter(|_| is_between)
    {
        let phase = phase.clone();
        return Some(Event::PhaseFinished { phase });
    }
    let stop = state.session.stopping.as_ref();
    // The next runner continues, unless you do not want one.
    if state.session.parked && stop.is_none() {
        return None;
    }
    match (&state.phase, stop) {
        (Phase::New | Phase::Running { .. } | Phase::Ended { .. }, _) => None,
        (Phase::Parallel, _) => {
            let block = plan.block(state.current.cursor.node)?;
            block::after_report(state, block, session_limit(plan, state, now))
                .or_else(|| question::about_bill(plan, state, now))
        }
        (Phase::Ready | Phase::Exited { .. }, _) if state.awaits_queue(plan) => None,
        (Phase::Ready | Phase::Exited { .. } | Phase::Waiting { .. }, Some(stop)) => {
            Some(finish(stop.ending()))
        }
        // What you take to answer is not the session's own time.
        (
            Phase::Waiting {
                reason: WaitReason::Question { .. },
                ..
            },
            None,
        ) => None,
        (Phase::Waiting { .. }, None) => session_limit(plan, state, now).map(limit_reached),
        (Phase::Exited { outcome }, None) => {
            question::open_question(state, now).or_else(|| after_attempt(plan, state, outcome, now))
        }
        (Phase::Ready, None) => {
            question::open_question(state, now).or_else(|| next_step(plan, state, now))
        }
    }
}

fn next_step(plan: &Plan, state: &State, now: Timestamp) -> Option<Event> {
    if let Some(event) = skipped(plan, state).or_else(|| question::between_steps(plan, state, now))
    {
        return Some(event);
    }
    match state.step(plan) {
        None => Some(all_done(plan, state)),
        Some(Step::Node(node)) => advance(plan, state, node, now),
        Some(Step::Block(_)) => match session_limit(plan, state, now) {
            Some(limit) => Some(limit_reached(limit)),
            None if state.session.pausing => None,
            None => question::about_bill(plan, state, now).or_else(|| {
                Some(Event::BlockStarted {
                    cursor: state.current.next_attempt(),
                })
            }),
        },
    }
}

/// Ends the step that you had skipped.
fn skipped(plan: &Plan, state: &State) -> Option<Event> {
    let by = state.current.skipped_by.clone()?;
    Some(Event::NodeFinished {
        node: state.current.cursor.node,
        id: state.step(plan)?.id().clone(),
        ending: NodeEnding::Skipped { by },
    })
}

/// Ends the session. A node that used up its iterations is how pipelines are bounded, except that a queue with tasks
/// left, or work that does not pass, is unfinished.
fn all_done(plan: &Plan, state: &State) -> Event {
    let finished = &state.session.finished;
    let nodes = plan.steps.iter().cycle().zip(finished);
    let unfinished = nodes
        .filter_map(|(step, done)| Some((step.node()?, done)))
        .find(|(node, done)| node.termination.must_reach_goal() && !done.ending.reached_goal());
    match (unfinished, finished.last()) {
        (Some((node, done)), _) => limit_reached(Limit::Iterations {
            max: done.iterations,
            goal: node.termination.goal().to_owned(),
            node: Some(node.id.clone()),
        }),
        (None, Some(last)) => finish(Ending::Completed {
            reason: last.ending.clone(),
        }),
        (None, None) => fail("the plan has no nodes", ""),
    }
}
