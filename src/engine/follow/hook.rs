//! The hooks that run before a session continues.
use super::finish::fail;
use super::question;
use crate::engine::hook_state::EndedHook;
use crate::engine::state::{Phase, State};
use crate::model::{Decision, Event, HookEvent, HookMoment, HookRun, Subject, WaitReason};
use crate::plan::{Hook, HookOutcome, OnHookFailure, Plan};
use jiff::Timestamp;

/// Returns the hook that runs before the fact that would follow, or what follows from one that failed, or that fact.
pub(super) fn before(
    plan: &Plan,
    state: &State,
    next: Option<Event>,
    now: Timestamp,
) -> Option<Event> {
    let is_idle = match state.phase {
        Phase::Ready | Phase::Exited { .. } | Phase::Parallel | Phase::Waiting { .. } => true,
        Phase::New | Phase::Running { .. } | Phase::Ended { .. } => false,
    };
    if !is_idle || !plan.awaits_hooks() || state.awaits_queue(plan) {
        return next;
    }
    let next = after_failure(plan, state, now).or(next);
    due(plan, state, next.as_ref()).map_or(next, |run| Some(Event::HookStarted(run)))
}

/// Returns what follows from a hook that failed, if it does not just continue.
fn after_failure(plan: &Plan, state: &State, now: Timestamp) -> Option<Event> {
    if state.session.stopping.is_some() {
        return None;
    }
    let ended = state.session.hooks.ended.iter();
    let mut failed = ended.filter(|(_, ended)| !ended.is_settled());
    failed.find_map(|(number, ended)| {
        let hook = plan.hook(*number)?;
        let what = format!(
            "hook `{}` at {} failed: {}",
            hook.name(),
            ended.moment.event,
            ended.exit
        );
        match hook.on_failure {
            OnHookFailure::Fail => Some(fail(what, remedy(ended.moment.event))),
            OnHookFailure::Hold if may_ask(state) => {
                let subject = Subject::Hook { hook: *number };
                Some(question::ask(
                    state,
                    subject,
                    format!("The {what}. Continue?"),
                    now,
                ))
            }
            OnHookFailure::Hold | OnHookFailure::Note | OnHookFailure::Retry => None,
        }
    })
}

/// Returns what to do about a hook that failed a session. An iteration that is over has no second end.
fn remedy(event: HookEvent) -> &'static str {
    match event {
        HookEvent::IterationEnd => {
            "fix it, then resume: the session continues behind this iteration"
        }
        _ => "fix it, then resume: the hook runs again",
    }
}

fn may_ask(state: &State) -> bool {
    let is_between = matches!(state.phase, Phase::Ready | Phase::Exited { .. });
    is_between && state.session.question.is_none()
}

/// Returns the first hook of the current moments that has not run.
fn due(plan: &Plan, state: &State, next: Option<&Event>) -> Option<HookRun> {
    moments(plan, state, next).into_iter().find_map(|moment| {
        let outcome = outcome(state, moment.event, next);
        let class = state.session.last_class;
        let mut hooks = plan
            .hooks_at(moment)
            .filter(|(_, hook)| hook.awaited && hook.when.includes(moment.number, outcome, class));
        hooks.find_map(|(number, hook)| {
            let tries = next_try(hook, state.session.hooks.ended.get(&number), moment)?;
            Some(HookRun {
                hook: number,
                moment,
                tries,
            })
        })
    })
}

/// Returns which try of a hook comes next at a moment, if one does.
fn next_try(hook: &Hook, last: Option<&EndedHook>, moment: HookMoment) -> Option<u32> {
    let Some(last) = last.filter(|last| last.moment == moment) else {
        return Some(1);
    };
    let again = hook.on_failure == OnHookFailure::Retry && last.tries < Hook::MAX_TRIES;
    (again && !last.is_settled()).then_some(last.tries + 1)
}

/// Returns the moments before which nothing else follows, in order.
fn moments(plan: &Plan, state: &State, next: Option<&Event>) -> Vec<HookMoment> {
    let mut moments = Vec::new();
    if state.session.stopping.is_none() {
        moments.extend(present(state));
        moments.extend(coming(plan, state, next));
    }
    if matches!(next, Some(Event::SessionFinished { .. })) {
        moments.push(HookMoment {
            event: HookEvent::SessionEnd,
            node: 0,
            number: state.session.hooks.ends + 1,
        });
    }
    moments
}

/// Returns the moments that are there by the state alone.
fn present(state: &State) -> impl Iterator<Item = HookMoment> {
    let (session, current) = (&state.session, &state.current);
    let (cursor, finished) = (current.cursor, count(session.finished.len()));
    let at = |event, node, number| HookMoment {
        event,
        node,
        number,
    };
    let is_new = finished == 0 && cursor.iteration == 0;
    let start = is_new.then(|| at(HookEvent::SessionStart, 0, 1));
    let is_over = matches!(&state.phase, Phase::Exited { outcome } if outcome.ends_iteration());
    let iteration = (is_over && !current.in_iteration()).then(|| {
        at(
            HookEvent::IterationEnd,
            cursor.node,
            current.counters.iterations,
        )
    });
    let is_between = state.phase == Phase::Ready && cursor.iteration == 0;
    let node = (is_between && 0 < finished)
        .then(|| at(HookEvent::NodeEnd, cursor.node.saturating_sub(1), finished));
    let question = session.question.as_ref();
    let question = question.map(|it| at(HookEvent::Question, cursor.node, it.id.0));
    let waits = match &state.phase {
        Phase::Waiting { reason, .. } => !matches!(reason, WaitReason::Question { .. }),
        _ => false,
    };
    let wait = waits.then(|| at(HookEvent::Wait, cursor.node, session.hooks.waits));
    [start, iteration, node, question, wait]
        .into_iter()
        .flatten()
}

/// Returns the moments of what is about to begin.
fn coming(plan: &Plan, state: &State, next: Option<&Event>) -> impl Iterator<Item = HookMoment> {
    let current = &state.current;
    let attempt = match next {
        Some(Event::IterationStarted { cursor, .. }) => Some(*cursor),
        None if state.awaits_claim(plan) => Some(current.next_attempt()),
        _ => None,
    };
    let block = matches!(next, Some(Event::BlockStarted { .. }));
    let is_first = current.cursor.iteration == 0 && (attempt.is_some() || block);
    let node = is_first.then(|| HookMoment {
        event: HookEvent::NodeStart,
        node: current.cursor.node,
        number: count(state.session.finished.len()) + 1,
    });
    let iteration = attempt
        .filter(|attempt| attempt.attempt == 1)
        .map(|attempt| HookMoment {
            event: HookEvent::IterationStart,
            node: attempt.node,
            number: attempt.iteration,
        });
    [node, iteration].into_iter().flatten()
}

/// Returns how what ended at an event ended.
fn outcome(state: &State, event: HookEvent, next: Option<&Event>) -> Option<HookOutcome> {
    match event {
        HookEvent::IterationEnd => {
            let last = state.session.history.back()?;
            Some(match last.status.decision {
                Decision::Continue => HookOutcome::Continue,
                Decision::Stop => HookOutcome::Stop,
                Decision::Error => HookOutcome::Error,
                Decision::Ask => HookOutcome::Ask,
            })
        }
        HookEvent::NodeEnd => {
            let last = state.session.finished.last()?;
            Some(HookOutcome::of_node(&last.ending))
        }
        HookEvent::SessionEnd => match next {
            Some(Event::SessionFinished { ending }) => HookOutcome::of_session(ending.status()),
            _ => None,
        },
        HookEvent::SessionStart
        | HookEvent::NodeStart
        | HookEvent::IterationStart
        | HookEvent::Question
        | HookEvent::Wait => None,
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
