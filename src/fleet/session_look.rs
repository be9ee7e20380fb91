//! What a look at a session means for its project.
use super::accept::{ask, changed, recover};
use super::event::{Cause, Change, Event};
use super::project::Project;
use super::question::BlockCause;
use super::session::{Activity, SessionDigest, SessionEnd};
use super::status::{Order, ProjectStatus, Wait};
use crate::model::ProjectId;
use jiff::Timestamp;

/// Returns what a look at a session means for its project, if it means anything.
pub(super) fn looked_at(
    id: &ProjectId,
    project: &Project,
    digest: &SessionDigest,
    now: Timestamp,
) -> Option<Event> {
    let is_newer = digest.seen.is_newer_than(&project.seen);
    let is_older = !is_newer && digest.seen.seq < project.seen.seq;
    if is_older {
        return None;
    }
    let change = match (&project.status, digest.alive) {
        (ProjectStatus::Running { .. }, true) => {
            let more = digest.seen.iterations != project.seen.iterations;
            return (is_newer && more).then(|| Event::Progressed {
                project: id.clone(),
                seen: digest.seen.clone(),
            });
        }
        // Its runner was not started yet, or has not recorded its start.
        (
            ProjectStatus::Running {
                slice: Some(slice), ..
            },
            false,
        ) if digest.slice.is_none_or(|last| last < *slice) && !has_own_runner(project, digest) => {
            return None;
        }
        (ProjectStatus::Running { order, .. }, false) => ended(project, digest, order, now),
        // You are asked first, whatever a runner of ours did.
        (ProjectStatus::Blocked { .. }, _) if digest.slice.is_some() => return None,
        // Its launch seemed to have failed.
        (_, true) if 0 < project.slice && digest.slice == Some(project.slice) => adopted(digest),
        (_, true) => started_by_you(digest),
        (_, false) if is_newer => ended(project, digest, &Order::Work, now),
        (_, false) => return None,
    };
    Some(changed(id, change))
}

/// Whether a runner that you started has had the session since the slice was given.
fn has_own_runner(project: &Project, digest: &SessionDigest) -> bool {
    digest.slice.is_none()
        && digest.seen.is_newer_than(&project.seen)
        && digest.activity != Activity::New
}

fn started_by_you(digest: &SessionDigest) -> Change {
    Change {
        status: ProjectStatus::Running {
            slice: None,
            order: Order::Work,
        },
        cause: Cause::StartedByYou,
        seen: Some(digest.seen.clone()),
    }
}

/// The runner of the last slice works after all, and yields soon: the slice may have been given to another.
fn adopted(digest: &SessionDigest) -> Change {
    Change {
        status: ProjectStatus::Running {
            slice: digest.slice,
            order: Order::Yield,
        },
        cause: Cause::Session,
        seen: Some(digest.seen.clone()),
    }
}

/// Returns the status of a project whose session has no runner any more.
fn ended(project: &Project, digest: &SessionDigest, order: &Order, now: Timestamp) -> Change {
    // What it achieved counts before its failure does.
    let mut after = project.clone();
    after.progress(&digest.seen, now);
    let change = match (&digest.activity, order) {
        (Activity::Ended(end), _) => session_ended(&after, end, order, now),
        // It cannot run further before you allow it.
        (_, Order::Pause { by, until, .. }) => paused(by, *until),
        (activity, Order::Work | Order::Yield) => rests(&after, digest.parked, activity, now),
    };
    Change {
        seen: Some(digest.seen.clone()),
        ..change
    }
}

fn session_ended(project: &Project, end: &SessionEnd, order: &Order, now: Timestamp) -> Change {
    match (end, order) {
        (SessionEnd::Complete, _) => plain(ProjectStatus::Done { open: None }),
        (SessionEnd::LimitReached { limit, hint }, _) => {
            let (limit, hint) = (limit.clone(), hint.clone());
            ask(
                project,
                BlockCause::LimitReached { limit, hint },
                Cause::Session,
                now,
            )
        }
        (SessionEnd::Stopped { by }, _) => paused(by, None),
        (_, Order::Pause { by, until, .. }) => paused(by, *until),
        (SessionEnd::Failed { class, error }, _) => {
            let (class, error) = (*class, error.clone());
            recover(project, BlockCause::Failed { class, error }, now)
        }
        (SessionEnd::Interrupted { by }, _) => Change {
            status: ProjectStatus::Due { asked: false },
            cause: Cause::Interrupted { by: by.clone() },
            seen: None,
        },
    }
}

/// Returns the status of a project whose session has not ended.
fn rests(project: &Project, parked: bool, activity: &Activity, now: Timestamp) -> Change {
    let due = ProjectStatus::Due { asked: false };
    match activity {
        Activity::New => plain(due),
        Activity::Paused => paused("you", None),
        Activity::Asking { text, until } => plain(ProjectStatus::Waiting {
            reason: Wait::Question { text: text.clone() },
            until: *until,
        }),
        Activity::Working if parked => Change {
            status: due,
            cause: Cause::OthersWait,
            seen: None,
        },
        Activity::Waiting {
            reason,
            until,
            outage,
        } if parked => plain(ProjectStatus::Waiting {
            reason: Wait::Session {
                reason: reason.clone(),
                outage: *outage,
            },
            until: Some(*until),
        }),
        Activity::Detached { job, until } if parked => plain(ProjectStatus::Detached {
            job: job.clone(),
            until: *until,
        }),
        Activity::Working | Activity::Waiting { .. } | Activity::Detached { .. } => {
            let failed = BlockCause::Failed {
                class: None,
                error: "its runner was killed".to_owned(),
            };
            recover(project, failed, now)
        }
        Activity::Ended(_) => plain(due),
    }
}

fn plain(status: ProjectStatus) -> Change {
    Change {
        status,
        cause: Cause::Session,
        seen: None,
    }
}

fn paused(by: &str, until: Option<Timestamp>) -> Change {
    Change {
        status: ProjectStatus::Paused {
            by: by.to_owned(),
            until,
        },
        cause: Cause::Session,
        seen: None,
    }
}
