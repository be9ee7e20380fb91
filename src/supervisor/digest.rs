//! Reads what the fleet needs to know of a session from its journal and its locks.
use crate::engine::{Phase, State};
use crate::error::Result;
use crate::exec::process::{self, Liveness};
use crate::fleet::{Activity, Seen, SessionDigest, SessionEnd};
use crate::model::{Ending, Limit, WaitReason};
use crate::store::inbox;
use crate::store::journal;
use crate::store::layout::{Project, RunDir};
use crate::store::lock::FileLock;
use crate::store::session::{load_state, read_plan};
use crate::ui::next_command::NextCommand;
use jiff::Timestamp;
use std::time::Duration;

/// Returns a session at this moment. `is_over` says that its runner's end was noticed: then its lock may be held by a
/// process that looks at it, but not for long.
pub(super) fn digest(dir: &RunDir, is_over: bool) -> Result<SessionDigest> {
    // Asked first: a runner that ends meanwhile is noticed by its end.
    let is_held = if is_over {
        journal::is_held(&dir.journal())?
    } else {
        FileLock::is_held(&dir.journal())?
    };
    let Some((state, seq)) = load_state(dir)? else {
        return Ok(SessionDigest {
            alive: is_held,
            ..SessionDigest::default()
        });
    };
    let state = &state;
    // A command that waits for the session holds the journal for a moment.
    let runner = state.session.runner.as_ref();
    let lives = runner.is_none_or(|runner| process::liveness(runner) != Liveness::Dead);
    Ok(SessionDigest {
        seen: Seen {
            run: state.session.run.clone(),
            seq,
            iterations: state.session.iterations,
            succeeded: succeeded(state),
        },
        slice: state.session.slice,
        alive: is_held && lives,
        parked: state.session.parked,
        activity: activity(dir, state),
    })
}

fn succeeded(state: &State) -> u32 {
    let finished = state.session.finished.iter().map(|node| node.iterations);
    finished.sum::<u32>() + state.current.counters.succeeded
}

fn activity(dir: &RunDir, state: &State) -> Activity {
    if let Phase::Ended { ending } = &state.phase {
        return Activity::Ended(end(dir, state, ending));
    }
    if let Some(question) = state.first_question().filter(|_| state.is_asking()) {
        let until = match &state.phase {
            Phase::Waiting {
                reason: WaitReason::Question { .. },
                until,
                ..
            } => Some(*until).filter(|until| *until < Timestamp::MAX),
            _ => None,
        };
        return Activity::Asking {
            text: question.text.clone(),
            until,
        };
    }
    if state.is_paused() {
        return Activity::Paused;
    }
    match &state.phase {
        Phase::Waiting { reason, until, .. } => Activity::Waiting {
            reason: reason.to_string(),
            until: *until,
            outage: matches!(reason, WaitReason::Outage { .. }),
        },
        _ => Activity::Working,
    }
}

fn end(dir: &RunDir, state: &State, ending: &Ending) -> SessionEnd {
    match ending {
        Ending::Completed { .. } => SessionEnd::Complete,
        Ending::Failed { error, .. } => SessionEnd::Failed {
            class: state.session.last_class,
            error: error.clone(),
        },
        Ending::LimitReached { limit } => SessionEnd::LimitReached {
            limit: limit.to_string(),
            hint: hint(dir, state, limit),
        },
        Ending::Stopped { by } => SessionEnd::Stopped { by: by.clone() },
        Ending::Interrupted { by } => SessionEnd::Interrupted { by: by.clone() },
    }
}

/// Returns what to do about a limit before a resume: raise it where a flag does.
fn hint(dir: &RunDir, state: &State, limit: &Limit) -> String {
    let Ok(plan) = read_plan(dir) else {
        return String::new();
    };
    limit.hint(&plan.session).unwrap_or_else(|| {
        let resume = NextCommand::resume(&plan, state);
        format!("raise the limit in the project's directory: `{resume}`")
    })
}

/// Whether something was left for a session that no runner has read.
pub(super) fn has_requests(dir: &RunDir) -> bool {
    inbox::waiting(dir).is_ok_and(|waiting| !waiting.is_empty())
}

/// Returns a session's folder.
pub(super) fn run_dir(
    project: &crate::store::registry::RegisteredProject,
    state: &camino::Utf8Path,
) -> RunDir {
    Project::new(project.root.clone())
        .with_state(state)
        .session(&project.session)
}

/// Waits until no runner holds the journal. `None`, if there is no journal, or the wait cannot begin.
pub(super) fn wait_for_end(dir: &RunDir) -> Option<()> {
    let journal = crate::store::beneath::open(&dir.journal()).ok()?;
    FileLock::exclusive(&journal).ok().map(drop)
}

/// How long a runner that was started may take until its journal is there.
pub(super) const APPEARS: Duration = Duration::from_secs(10);
