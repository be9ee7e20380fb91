//! Events of the log from the supervisor's journal.
use super::event::LogEvent;
use crate::fleet::{Cause, Change, DesiredState, Event, ProjectStatus, Registration, StopHow};
use crate::model::ProjectId;

/// Returns the project that a fact of the supervisor is about, and the event.
pub(super) fn of_supervisor(event: &Event) -> (Option<ProjectId>, LogEvent) {
    match event {
        Event::ProjectRegistered(Registration { project, .. })
        | Event::ProjectRemoved { project }
        | Event::ProjectMoved { project, .. }
        | Event::ProjectWeighted { project, .. }
        | Event::SliceGiven { project, .. }
        | Event::Progressed { project, .. }
        | Event::StatusChanged { project, .. }
        | Event::RoomRequested { project }
        | Event::RoomMade { project, .. } => (Some(project.clone()), log_event(event)),
        Event::SupervisorStarted { .. }
        | Event::StopRequested { .. }
        | Event::SupervisorStopped
        | Event::DesiredChanged(_)
        | Event::FleetPaused { .. }
        | Event::FleetContinued { .. } => (None, log_event(event)),
    }
}

fn log_event(event: &Event) -> LogEvent {
    match event {
        Event::SupervisorStarted {
            process,
            after_crash,
            ..
        } => LogEvent::SupervisorStarted {
            pid: process.pid,
            after_crash: *after_crash,
        },
        Event::StopRequested { how, by } => LogEvent::SupervisorStopping {
            by: by.clone(),
            how: stop_how(*how),
        },
        Event::SupervisorStopped => LogEvent::SupervisorStopped {},
        Event::DesiredChanged(desired) => LogEvent::DesiredChanged {
            desired: match desired.state {
                DesiredState::Run => "run",
                DesiredState::Stop => "stop",
            },
            by: desired.by.clone(),
        },
        Event::FleetPaused { by, until } => LogEvent::FleetPaused {
            by: by.clone(),
            until: *until,
        },
        Event::FleetContinued { by } => LogEvent::FleetContinued { by: by.clone() },
        Event::ProjectRegistered(it) => LogEvent::ProjectAdded {
            root: it.root.to_string(),
            weight: it.weight,
        },
        Event::ProjectRemoved { .. } => LogEvent::ProjectRemoved {},
        Event::ProjectMoved { root, .. } => LogEvent::ProjectMoved {
            root: root.to_string(),
        },
        Event::ProjectWeighted { weight, .. } => LogEvent::ProjectWeighted { weight: *weight },
        Event::SliceGiven { generation, .. } => LogEvent::SliceGiven { slice: *generation },
        Event::Progressed { seen, .. } => LogEvent::Progressed {
            iterations: seen.iterations,
            succeeded: seen.succeeded,
        },
        Event::StatusChanged { change, .. } => status_changed(change),
        Event::RoomRequested { .. } => LogEvent::RoomRequested {},
        Event::RoomMade { code, .. } => LogEvent::RoomMade { code: *code },
    }
}

fn status_changed(change: &Change) -> LogEvent {
    let Change { status, cause, .. } = change;
    let done = match status {
        ProjectStatus::Done { open } => *open,
        _ => None,
    };
    let (cause, by, open, recovery) = match cause {
        Cause::Session => ("session", None, done, None),
        Cause::Interrupted { by } => ("interrupted", Some(by), done, None),
        Cause::StartedByYou => ("started_by_you", None, done, None),
        Cause::RecoveryScheduled { attempt } => ("recovery_scheduled", None, done, Some(*attempt)),
        Cause::RecoveryGivenUp => ("recovery_given_up", None, done, None),
        Cause::Refused => ("refused", None, done, None),
        Cause::WaitOver => ("wait_over", None, done, None),
        Cause::Request { by } => ("request", Some(by), done, None),
        Cause::OthersWait => ("others_wait", None, done, None),
        Cause::Reopened { open } => ("reopened", None, Some(*open), None),
        Cause::Counted { open } => ("counted", None, Some(*open), None),
        Cause::Unfit => ("unfit", None, done, None),
        Cause::FitAgain => ("fit_again", None, done, None),
        Cause::DiskLow => ("disk_low", None, done, None),
        Cause::DiskFree => ("disk_free", None, done, None),
        Cause::RequestWaits => ("request_waits", None, done, None),
    };
    LogEvent::StatusChanged {
        status: status.as_str(),
        reason: status.reason(),
        cause,
        by: by.cloned(),
        until: status.until(),
        open,
        recovery,
    }
}

fn stop_how(how: StopHow) -> &'static str {
    match how {
        StopHow::Now => "now",
        StopHow::Drain => "drain",
        StopHow::Leave => "leave",
    }
}
