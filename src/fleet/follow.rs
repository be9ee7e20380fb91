//! The fact that follows from the state alone.
use super::accept::changed;
use super::config::FleetConfig;
use super::event::{Cause, Change, Event, StopHow};
use super::project::Project;
use super::schedule;
use super::state::State;
use super::status::{Order, ProjectStatus};
use crate::model::ProjectId;
use jiff::Timestamp;

/// Returns the fact that follows from the state alone, if any.
///
/// The supervisor asks after every input, and first thing after a crash, until there is nothing left.
pub fn follow(config: &FleetConfig, state: &State, now: Timestamp) -> Option<Event> {
    state.supervisor.as_ref()?;
    if let Some(how) = state.stopping {
        return stops(state, how);
    }
    if let Some(pause) = &state.pause
        && is_over(pause.since, pause.until, now)
    {
        return Some(Event::FleetContinued {
            by: "its time".to_owned(),
        });
    }
    if let Some(event) = wait_over(state, now) {
        return Some(event);
    }
    if !state.gives_slices(config, now) {
        return None;
    }
    if let Some(project) = state.wants_room(config, now) {
        return Some(Event::RoomRequested {
            project: project.clone(),
        });
    }
    if 0 < state.free_slices(config)
        && let Some(project) = schedule::next(state, now)
    {
        return Some(Event::SliceGiven {
            project: project.clone(),
            generation: state.generation + 1,
        });
    }
    yields(config, state)
}

/// A supervisor that was told to end does so once no session needs it.
fn stops(state: &State, how: StopHow) -> Option<Event> {
    let waits = how != StopHow::Leave && state.slices().next().is_some();
    (!waits).then_some(Event::SupervisorStopped)
}

fn wait_over(state: &State, now: Timestamp) -> Option<Event> {
    let over =
        |(_, project): &(&ProjectId, &Project)| is_over(project.since, project.status.until(), now);
    let (id, _) = state.projects.iter().find(over)?;
    let status = ProjectStatus::Due { asked: false };
    Some(changed(
        id,
        Change {
            status,
            cause: Cause::WaitOver,
            seen: None,
        },
    ))
}

/// Whether a wait is over. One that began later than now began before the clock was set back: whether it lasts is seen
/// when its session is resumed.
fn is_over(since: Timestamp, until: Option<Timestamp>, now: Timestamp) -> bool {
    until.is_some_and(|until| until <= now || now < since)
}

fn yields(config: &FleetConfig, state: &State) -> Option<Event> {
    let (project, generation) = schedule::yields(config, state)?;
    let status = ProjectStatus::Running {
        slice: Some(generation),
        order: Order::Yield,
    };
    Some(changed(
        project,
        Change {
            status,
            cause: Cause::OthersWait,
            seen: None,
        },
    ))
}
