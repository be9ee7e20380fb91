//! Waits a moment after a launch, so that a session that ends at once is not reported as running.
use super::context::Context;
use crate::clock;
use crate::engine::{Phase, follow};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Ending, Event, SessionName};
use crate::store::layout::RunDir;
use crate::store::session::{Snapshot, load_cached};
use crate::ui::report;
use fs_err as fs;
use std::time::Duration;

/// How long the launcher watches a session that shows nothing.
const WATCH_TIME: Duration = Duration::from_secs(2);

/// Waits until the session's agent prints something or the session ends, for two seconds at most. Returns the
/// session if it has ended.
pub(super) fn wait(session: &SessionName, context: &Context) -> Option<Snapshot> {
    let dir = context.project.session(session);
    let mut ended = None;
    clock::wait_until(WATCH_TIME, || match load_cached(&dir) {
        Ok(Some(snapshot)) if matches!(snapshot.state.phase, Phase::Ended { .. }) => {
            ended = Some(snapshot);
            true
        }
        Ok(Some(snapshot)) => is_at_work(&dir, &snapshot),
        Ok(None) | Err(_) => false,
    });
    ended
}

/// Whether an agent has printed something, or the session waits for something else.
fn is_at_work(dir: &RunDir, snapshot: &Snapshot) -> bool {
    let Snapshot { plan, state } = snapshot;
    match (&state.phase, state.node(plan)) {
        (Phase::Running { .. }, Some(node)) => {
            let stdout = dir.iteration(state.current.cursor, &node.id).stdout();
            fs::metadata(stdout).is_ok_and(|file| 0 < file.len())
        }
        (Phase::Parallel | Phase::Waiting { .. }, _) => true,
        (Phase::Ready, _) if 0 < state.session.iterations => !is_about_to_end(snapshot),
        _ => state.is_paused(),
    }
}

/// Whether something else than an iteration follows from the state, such as the end of the session.
fn is_about_to_end(snapshot: &Snapshot) -> bool {
    let next = follow(&snapshot.plan, &snapshot.state, clock::now());
    !matches!(next, None | Some(Event::IterationStarted { .. }))
}

/// Returns how a session has reached its goal, or the error that says why it has not.
pub(super) fn completion(snapshot: &Snapshot) -> Result<String> {
    let session = &snapshot.plan.session;
    let kind = match &snapshot.state.phase {
        Phase::Ended { ending } => match ending {
            Ending::Completed { .. } => {
                return Ok(format!("Session '{session}' is {}", report::ending(ending)));
            }
            Ending::Failed { .. } => ErrorKind::SessionFailed,
            Ending::LimitReached { .. } => ErrorKind::LimitReached,
            Ending::Stopped { .. } => ErrorKind::Stopped,
            Ending::Interrupted { .. } => ErrorKind::Interrupted,
        },
        _ => ErrorKind::SessionFailed,
    };
    Err(Error::new(kind, report::failure(snapshot)).hint(report::next_steps(snapshot)))
}
