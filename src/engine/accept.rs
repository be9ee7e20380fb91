//! From what the world says to a fact, if it still matters.
use super::{Phase, State};
use crate::model::{Ending, Event, Input, Request, WaitReason};
use crate::plan::Plan;
use jiff::Timestamp;

/// Returns the fact an input amounts to, if it still matters.
///
/// An answer about an attempt that is no longer waited for changes nothing.
pub fn accept(plan: &Plan, state: &State, input: &Input, now: Timestamp) -> Option<Event> {
    match input {
        Input::Request(request) => requested(state, request),
        Input::AgentStarted { cursor, shim } => {
            let ours = state.phase == Phase::Running
                && *cursor == state.cursor
                && state.shim.as_ref() != Some(shim);
            ours.then(|| Event::AgentStarted {
                cursor: *cursor,
                shim: shim.clone(),
            })
        }
        Input::AgentExited {
            cursor,
            outcome,
            usage,
            promises,
            tree,
        } => {
            let ours = state.phase == Phase::Running && *cursor == state.cursor;
            let (outcome, promises, tree) = (outcome.clone(), promises.clone(), tree.clone());
            ours.then_some(Event::AgentExited {
                cursor: *cursor,
                outcome,
                usage: *usage,
                promises,
                tree,
            })
        }
        Input::GateAnswered {
            cursor,
            gate,
            verdict,
            usage,
        } => {
            let asked = state.awaits_gate(plan) == Some(*gate) && *cursor == state.cursor;
            let name = state.node(plan)?.termination.gate_name(*gate)?.to_owned();
            asked.then(|| Event::GateAnswered {
                gate: *gate,
                name,
                verdict: verdict.clone(),
                usage: *usage,
            })
        }
        Input::QueueChecked {
            cursor,
            status,
            released,
            parked,
        } => {
            // A claim that found nothing says what it saw instead.
            let asked =
                (state.awaits_queue(plan) || state.awaits_claim(plan)) && *cursor == state.cursor;
            asked.then(|| Event::QueueChecked {
                status: status.clone(),
                released: released.clone(),
                parked: parked.clone(),
            })
        }
        Input::TaskClaimed { cursor, task } => (state.awaits_claim(plan)
            && *cursor == state.next_attempt())
        .then(|| Event::TaskClaimed {
            cursor: *cursor,
            task: task.clone(),
        }),
        Input::BranchReported {
            step,
            branch,
            report,
        } => {
            let known = state.branches.get(branch);
            let news = known.is_none_or(|known| known.seq < report.seq && known.ending.is_none());
            let ours = state.phase == Phase::Parallel && *step == state.cursor.node && news;
            ours.then(|| Event::BranchReported {
                step: *step,
                branch: branch.clone(),
                report: report.clone(),
            })
        }
        Input::Woke => matches!(&state.phase, Phase::Waiting { until, .. } if *until <= now)
            .then_some(Event::WaitEnded),
    }
}

fn requested(state: &State, request: &Request) -> Option<Event> {
    match (&state.phase, request) {
        (Phase::New, _) => None,
        (
            Phase::Ended {
                ending: Ending::Completed { .. },
            },
            Request::Resume { .. },
        ) => None,
        (
            Phase::Ended { .. },
            Request::Resume {
                max_iterations,
                change,
            },
        ) => Some(Event::SessionResumed {
            max_iterations: *max_iterations,
            change: change.clone(),
        }),
        (Phase::Ended { .. }, Request::Pause | Request::Continue | Request::Stop { .. }) => None,
        (
            _,
            Request::Resume {
                max_iterations,
                change,
            },
        ) => {
            // Whoever resumes wants it to run: the stop asked of a runner that died no longer counts. A pause does.
            let longer = max_iterations.is_some() && *max_iterations != state.max_iterations;
            let changes = longer || change.clone().over(state.change.clone()) != state.change;
            (state.stopping.is_some() || changes).then_some(Event::SessionResumed {
                max_iterations: *max_iterations,
                change: change.clone(),
            })
        }
        (_, Request::Stop { by }) => state
            .stopping
            .is_none()
            .then(|| Event::StopRequested { by: by.clone() }),
        (_, Request::Pause) => (!state.pausing).then_some(Event::PauseRequested),
        (_, Request::Continue) if state.pausing => Some(Event::ContinueRequested),
        // The loop's own delay is not worth skipping; the other waits may be over sooner than we think.
        (Phase::Waiting { reason, .. }, Request::Continue) => {
            (*reason != WaitReason::Delay).then_some(Event::WaitEnded)
        }
        (
            Phase::Ready | Phase::Running | Phase::Parallel | Phase::Exited { .. },
            Request::Continue,
        ) => None,
    }
}
