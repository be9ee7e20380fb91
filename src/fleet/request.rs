//! What you request.
use super::accept::changed;
use super::event::{Cause, Change, Event};
use super::input::FleetRequest;
use super::project::Project;
use super::state::State;
use super::status::{Order, ProjectStatus};
use jiff::Timestamp;

pub(super) fn requested(state: &State, request: &FleetRequest) -> Option<Event> {
    match request {
        FleetRequest::PauseAll { until, by } => {
            let news = state.pause.as_ref().is_none_or(|it| it.until != *until);
            news.then(|| Event::FleetPaused {
                by: by.clone(),
                until: *until,
            })
        }
        FleetRequest::ContinueAll { by } => {
            let by = by.clone();
            state
                .pause
                .is_some()
                .then_some(Event::FleetContinued { by })
        }
        FleetRequest::Stop { how, by, .. } => Some(Event::StopRequested {
            how: *how,
            by: by.clone(),
        }),
        FleetRequest::Pause {
            project,
            until,
            now,
            by,
        } => {
            let status = paused(state.projects.get(project)?, *until, *now, by)?;
            Some(changed(project, by_request(status, by)))
        }
        FleetRequest::Answer {
            project,
            question,
            resume,
            by,
        } => {
            let status = answered(state.projects.get(project)?, *question, *resume, by)?;
            Some(changed(project, by_request(status, by)))
        }
        FleetRequest::Resume { project, by } => {
            let status = resumed(state.projects.get(project)?)?;
            Some(changed(project, by_request(status, by)))
        }
    }
}

fn by_request(status: ProjectStatus, by: &str) -> Change {
    Change {
        status,
        cause: Cause::Request { by: by.to_owned() },
        seen: None,
    }
}

/// A runner that works ends first; everything else is paused at once. A question stays open.
fn paused(
    project: &Project,
    until: Option<Timestamp>,
    now: bool,
    by: &str,
) -> Option<ProjectStatus> {
    let by = by.to_owned();
    match &project.status {
        ProjectStatus::Running { slice: None, .. } | ProjectStatus::Blocked { .. } => None,
        ProjectStatus::Running { slice, .. } => Some(ProjectStatus::Running {
            slice: *slice,
            order: Order::Pause { by, until, now },
        }),
        _ => Some(ProjectStatus::Paused { by, until }),
    }
    .filter(|status| *status != project.status)
}

/// An answer counts for the question that is open, and for no later one.
fn answered(project: &Project, question: u32, resume: bool, by: &str) -> Option<ProjectStatus> {
    let ProjectStatus::Blocked { question: open } = &project.status else {
        return None;
    };
    let status = if resume {
        ProjectStatus::Due { asked: true }
    } else {
        ProjectStatus::Paused {
            by: by.to_owned(),
            until: None,
        }
    };
    (open.id == question).then_some(status)
}

/// Nothing is in the way of a slice any more.
fn resumed(project: &Project) -> Option<ProjectStatus> {
    match &project.status {
        ProjectStatus::Running { slice, order } => {
            let slice = *slice;
            (*order != Order::Work).then_some(ProjectStatus::Running {
                slice,
                order: Order::Work,
            })
        }
        _ => Some(ProjectStatus::Due { asked: true }),
    }
    .filter(|status| *status != project.status)
}
