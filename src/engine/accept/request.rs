//! What the user requests.
use super::question::{answered, approved};
use super::said::said;
use crate::engine::state::{Phase, State};
use crate::model::{Change, Cursor, Ending, Event, GateFile, PauseAfter, Request, WaitReason};
use jiff::Timestamp;

pub(super) fn requested(state: &State, request: &Request, now: Timestamp) -> Option<Event> {
    match (&state.phase, request) {
        (Phase::New, _) => None,
        (
            Phase::Ended { ending },
            Request::Resume {
                max_iterations,
                change,
            },
        ) => {
            let done = matches!(ending, Ending::Completed { .. });
            (!done).then(|| resumed(*max_iterations, change))
        }
        (
            Phase::Ended { .. },
            Request::Pause { .. }
            | Request::Continue
            | Request::Stop(_)
            | Request::Block { .. }
            | Request::Yield,
        ) => None,
        // The branches of a block have inboxes of their own.
        (Phase::Parallel, Request::Block { .. }) => None,
        (_, Request::Block { cursor, reason }) => blocked(state, *cursor, reason),
        (_, Request::AcceptGate { files, by }) => {
            let known = &state.session.accepted_gates;
            let is_new = |file: &GateFile| known.get(&file.path) != Some(&file.hash);
            files.iter().any(is_new).then(|| Event::GateAccepted {
                files: files.clone(),
                by: by.clone(),
            })
        }
        (_, Request::Yield) => (!state.session.yielding).then_some(Event::YieldRequested),
        (_, Request::Answer(answer)) => answered(state, answer),
        (_, Request::Say(text)) => said(state, text),
        (
            _,
            Request::Resume {
                max_iterations,
                change,
            },
        ) => resumed_while_active(state, *max_iterations, change),
        (_, Request::Stop(stop)) => {
            let first = state.session.stopping.is_none();
            first.then(|| Event::StopRequested(stop.clone()))
        }
        (_, Request::Pause { after }) => {
            let session = &state.session;
            let is_known = match after {
                PauseAfter::Iteration => session.pausing,
                PauseAfter::Node => session.pausing || session.pauses_after_node,
            };
            (!is_known).then_some(Event::PauseRequested { after: *after })
        }
        (_, Request::Continue) if state.session.pausing => Some(Event::ContinueRequested),
        (_, Request::Continue) if state.session.question.is_some() => approved(state, now),
        // The loop's own delay is not skipped; the other waits may be over sooner than expected.
        (Phase::Waiting { reason, .. }, Request::Continue) => {
            (*reason != WaitReason::Delay).then_some(Event::WaitEnded)
        }
        (
            Phase::Ready | Phase::Running { .. } | Phase::Parallel | Phase::Exited { .. },
            Request::Continue,
        ) => {
            let later = state.session.pauses_after_node;
            later.then_some(Event::ContinueRequested)
        }
    }
}

/// An attempt asks as long as it runs, and you at any time; the same words are asked once.
fn blocked(state: &State, cursor: Option<Cursor>, reason: &str) -> Option<Event> {
    let is_meant = cursor.is_none_or(|cursor| state.runs(cursor));
    let known = state.current.unasked.as_ref();
    let is_known = known.is_some_and(|known| known.text.lines().any(|line| line == reason));
    (is_meant && !is_known).then(|| Event::AgentBlocked {
        cursor: state.current.cursor,
        reason: reason.to_owned(),
    })
}

fn resumed(max_iterations: Option<u32>, change: &Change) -> Event {
    Event::SessionResumed {
        max_iterations,
        change: change.clone(),
    }
}

/// A resume lifts a stop requested of a runner that died, but not a pause.
fn resumed_while_active(
    state: &State,
    max_iterations: Option<u32>,
    change: &Change,
) -> Option<Event> {
    let raised = max_iterations.is_some() && max_iterations != state.current.max_iterations;
    let changed = change.clone().over(state.session.change.clone()) != state.session.change;
    (state.session.stopping.is_some() || raised || changed).then(|| resumed(max_iterations, change))
}
