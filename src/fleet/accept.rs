//! Turns an input into a fact, if it still matters.
use super::event::{Cause, Change, Event};
use super::input::{Fitness, Input, LaunchProblem};
use super::project::{Project, Registration};
use super::question::{BlockCause, ProjectQuestion};
use super::recovery::{Recovery, recovery};
use super::request::requested;
use super::session_look::looked_at;
use super::state::State;
use super::status::{Order, ProjectStatus, Wait};
use crate::model::ProjectId;
use jiff::Timestamp;

/// Returns the fact an input amounts to, if it still matters.
///
/// What is older than what is known changes nothing: of a session by its run and the number of its last line, of a slice
/// by its generation.
pub fn accept(state: &State, input: &Input, now: Timestamp) -> Option<Event> {
    let of = |project: &ProjectId| state.projects.get(project);
    match input {
        Input::Started { process, version } => Some(Event::SupervisorStarted {
            process: process.clone(),
            version: version.clone(),
            after_crash: state.supervisor.is_some(),
        }),
        Input::Desired(desired) => {
            let known = state.desired.as_ref();
            let is_news = known.is_none_or(|known| known != desired);
            is_news.then(|| Event::DesiredChanged(desired.clone()))
        }
        Input::Registered(registration) => registered(of(&registration.project), registration),
        Input::Removed { project } => of(project).map(|_| Event::ProjectRemoved {
            project: project.clone(),
        }),
        Input::Session { project, digest } => looked_at(project, of(project)?, digest, now),
        Input::LaunchFailed {
            project,
            generation,
            problem,
            error,
        } => {
            let it = of(project).filter(|it| it.status.slice() == Some(*generation))?;
            let change = launch_failed(it, *problem, error, now);
            Some(changed(project, change))
        }
        Input::NotLaunched {
            project,
            generation,
        } => {
            let it = of(project).filter(|it| it.status.slice() == Some(*generation))?;
            Some(changed(project, not_launched(&it.status)))
        }
        Input::Looked {
            project,
            before,
            fitness,
        } => {
            // A runner that works is not disturbed.
            let it = of(project).filter(|it| it.status.slice() == *before)?;
            fitness_change(it, fitness).map(|change| changed(project, change))
        }
        Input::OpenTasks { project, open } => {
            counted(of(project)?, *open).map(|change| changed(project, change))
        }
        Input::RoomMade { project, code } => Some(Event::RoomMade {
            project: project.clone(),
            code: *code,
        }),
        Input::RequestWaits { project } => {
            request_waits(of(project)?).map(|change| changed(project, change))
        }
        Input::Request(request) => requested(state, request),
    }
}

/// Returns the fact of a change.
pub(super) fn changed(project: &ProjectId, change: Change) -> Event {
    Event::StatusChanged {
        project: project.clone(),
        change,
    }
}

fn registered(known: Option<&Project>, registration: &Registration) -> Option<Event> {
    let project = registration.project.clone();
    match known {
        None => Some(Event::ProjectRegistered(registration.clone())),
        Some(known) if known.root != registration.root => Some(Event::ProjectMoved {
            project,
            root: registration.root.clone(),
        }),
        Some(known) => {
            let weight = registration.weight.max(1);
            (known.weight != weight).then_some(Event::ProjectWeighted { project, weight })
        }
    }
}

/// A slice without a runner is as if it had not been given.
fn not_launched(status: &ProjectStatus) -> Change {
    let (status, cause) = match status {
        ProjectStatus::Running {
            order: Order::Pause { by, until, .. },
            ..
        } => {
            let (by, until) = (by.clone(), *until);
            (
                ProjectStatus::Paused {
                    by: by.clone(),
                    until,
                },
                Cause::Request { by },
            )
        }
        _ => (ProjectStatus::Due { asked: false }, Cause::OthersWait),
    };
    Change {
        status,
        cause,
        seen: None,
    }
}

/// A launch that failed is tried again as a session that failed is, unless only you can change it.
fn launch_failed(project: &Project, problem: LaunchProblem, error: &str, now: Timestamp) -> Change {
    let cause = BlockCause::Launch {
        error: error.to_owned(),
    };
    match problem {
        LaunchProblem::Passes => recover(project, cause, now),
        LaunchProblem::NeedsYou => ask(project, cause, Cause::Refused, now),
        LaunchProblem::NothingToDo => Change {
            status: ProjectStatus::Done { open: None },
            cause: Cause::Session,
            seen: None,
        },
    }
}

/// Returns what follows from a failure: a resume later, or a question.
pub(super) fn recover(project: &Project, cause: BlockCause, now: Timestamp) -> Change {
    let (class, error) = match &cause {
        BlockCause::Failed { class, error } => (*class, error.clone()),
        BlockCause::Launch { error } | BlockCause::LimitReached { limit: error, .. } => {
            (None, error.clone())
        }
    };
    match recovery(project, class, now) {
        Recovery::Resume { attempt, at } => Change {
            status: ProjectStatus::Waiting {
                reason: Wait::Recovery { attempt, error },
                until: Some(at),
            },
            cause: Cause::RecoveryScheduled { attempt },
            seen: None,
        },
        Recovery::Ask => ask(project, cause, Cause::RecoveryGivenUp, now),
    }
}

/// Returns the change to a question about a project.
pub(super) fn ask(project: &Project, about: BlockCause, cause: Cause, now: Timestamp) -> Change {
    let question = ProjectQuestion {
        id: project.questions + 1,
        asked_at: now,
        cause: about,
        tried: u32::try_from(project.recoveries.len()).unwrap_or(u32::MAX),
    };
    Change {
        status: ProjectStatus::Blocked { question },
        cause,
        seen: None,
    }
}

/// A directory that cannot be used matters to a project that would use it: not to one that waits for you.
fn fitness_change(project: &Project, fitness: &Fitness) -> Option<Change> {
    let is_low = matches!(
        project.status,
        ProjectStatus::Waiting {
            reason: Wait::Disk { .. },
            ..
        }
    );
    let due = ProjectStatus::Due { asked: false };
    let (status, cause) = match (fitness, &project.status) {
        (_, ProjectStatus::Paused { .. } | ProjectStatus::Blocked { .. }) => return None,
        // A runner that you started works all the same.
        (_, ProjectStatus::Running { slice: None, .. }) => return None,
        (Fitness::Fit, ProjectStatus::Unfit { .. }) => (due, Cause::FitAgain),
        (Fitness::Fit, _) if is_low => (due, Cause::DiskFree),
        (Fitness::Fit, _) => return None,
        (Fitness::Unfit { reason }, status) => {
            let status_then = ProjectStatus::Unfit {
                reason: reason.clone(),
            };
            if *status == status_then {
                return None;
            }
            (status_then, Cause::Unfit)
        }
        (Fitness::DiskLow { .. }, ProjectStatus::Done { .. }) => return None,
        (Fitness::DiskLow { .. }, _) if is_low => return None,
        (Fitness::DiskLow { free }, _) => {
            let reason = Wait::Disk { free: free.clone() };
            let status = ProjectStatus::Waiting {
                reason,
                until: None,
            };
            (status, Cause::DiskLow)
        }
    };
    Some(Change {
        status,
        cause,
        seen: None,
    })
}

/// A project that is done is due again when its queues have grown since. The first count after its end is where they
/// grow from, and a lower count lowers that: only counts are compared with counts.
fn counted(project: &Project, open: u32) -> Option<Change> {
    let ProjectStatus::Done { open: least } = project.status else {
        return None;
    };
    let (status, cause) = match least {
        Some(least) if least == open => return None,
        Some(least) if least < open => (
            ProjectStatus::Due { asked: false },
            Cause::Reopened { open },
        ),
        _ => (
            ProjectStatus::Done { open: Some(open) },
            Cause::Counted { open },
        ),
    };
    Some(Change {
        status,
        cause,
        seen: None,
    })
}

/// An answer that was left for a session without a runner has it resumed.
fn request_waits(project: &Project) -> Option<Change> {
    let waits_for_session = match &project.status {
        ProjectStatus::Waiting { reason, .. } => {
            matches!(reason, Wait::Session { .. } | Wait::Question { .. })
        }
        ProjectStatus::Detached { .. } => true,
        _ => false,
    };
    waits_for_session.then_some(Change {
        status: ProjectStatus::Due { asked: true },
        cause: Cause::RequestWaits,
        seen: None,
    })
}
