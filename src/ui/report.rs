//! Messages about a session, with the next step.
use super::next_command::{NextCommand, is_complete};
use super::time::local;
use crate::clock;
use crate::engine::{Phase, State};
use crate::error::{Error, ErrorKind, ExitCode};
use crate::model::{Decision, Ending, SessionName};
use crate::plan::{Plan, Step};
use crate::store::layout::Project;
use crate::store::lock::{Holder, SessionLock};
use crate::store::session::Snapshot;
use crate::text::{clean, count, plain};

/// Returns the error for a session that another process runs, as its lock file tells.
pub fn already_running(project: &Project, session: &SessionName) -> Error {
    let holder = SessionLock::holder(&project.lock(session));
    running_session(session, holder.as_ref())
}

/// Returns the error for a session that `holder` runs.
pub fn running_session(session: &SessionName, holder: Option<&Holder>) -> Error {
    let runner = holder.map_or_else(String::new, |holder| {
        let since = local(holder.started_at, clock::now());
        format!(" (pid {}, since {since})", holder.pid)
    });
    Error::new(
        ErrorKind::AlreadyRunning,
        format!("session '{session}' is already running{runner}"),
    )
    .hint(format!(
        "watch it with `ap attach {session}`, stop it with `ap stop {session}`, or replace it with `--force`"
    ))
}

/// There is no such session to resume.
pub fn nothing_to_resume(session: &SessionName) -> Error {
    Error::new(
        ErrorKind::NothingToResume,
        format!("there is no session '{session}' to resume"),
    )
    .hint("start it without `--resume`; `ap list` shows the sessions there are")
}

/// Says that the session runs something else than what was named.
pub fn runs_another(plan: &Plan, named: &str) -> Error {
    let message = format!(
        "session '{}' runs `{}`, not `{named}`",
        plan.session, plan.name
    );
    Error::new(ErrorKind::RunsAnother, message).hint(format!(
        "resume it with `{}`",
        NextCommand::resume_as_started(plan)
    ))
}

/// The session cannot continue with its definition as it is now.
pub fn keeps_its_plan(plan: &Plan, why: &str) -> Error {
    Error::new(ErrorKind::NotResumable, format!("session '{}' cannot use its definition as it is now: {why}", plan.session))
        .hint(format!("continue with the plan it has with `{}`, or start over with `--force`, which keeps the old run", NextCommand::resume_as_started(plan)))
}

/// Returns the first line about a session that did not reach its goal, and the lines below it.
pub fn failure(snapshot: &Snapshot) -> String {
    let state = &snapshot.state;
    let max = state
        .node(&snapshot.plan)
        .map_or(0, |node| state.max_iterations(node));
    let at = state.current.latest_iteration();
    let (what, why) = match &state.phase {
        Phase::Ended {
            ending: Ending::Failed { error, .. },
        } => ("failed", format!("Error: {}", plain(error))),
        Phase::Ended {
            ending: Ending::LimitReached { limit },
        } => (
            "ended short of its goal",
            format!("Limit: {}", plain(&limit.to_string())),
        ),
        Phase::Ended {
            ending: Ending::Stopped { by },
        } => ("was stopped", format!("Stopped by: {}", plain(by))),
        Phase::Ended {
            ending: Ending::Interrupted { by },
        } => ("was interrupted", format!("Interrupted by: {}", plain(by))),
        Phase::Ended {
            ending: Ending::Completed { .. },
        } => ("is complete", String::new()),
        _ if state.session.parked => (
            "waits without a runner",
            "The supervisor resumes it when it is due; a resume continues it now".to_owned(),
        ),
        Phase::New
        | Phase::Ready
        | Phase::Running { .. }
        | Phase::Parallel
        | Phase::Exited { .. }
        | Phase::Waiting { .. } => (
            "failed",
            "Error: its runner ended unexpectedly (killed, or the machine went down)".to_owned(),
        ),
    };
    let run = snapshot
        .plan
        .run_label(state.current.cursor.node)
        .map_or_else(String::new, |run| format!(" in {run}"));
    if let Some(Step::Block(block)) = state.step(&snapshot.plan) {
        let done = state
            .current
            .branches
            .values()
            .filter(|report| matches!(report.ending, Some(Ending::Completed { .. })))
            .count();
        let of = count(block.branches.len(), "branch");
        return format!(
            "Session '{}' {what}{run} in the parallel block `{}`\nBranches that are done: {done} of {of}\n{why}",
            snapshot.plan.session, block.id
        );
    }
    // A failed session failed in its last iteration, whether that iteration ended or not.
    let has_failed = matches!(state.phase.ending(), Some(Ending::Failed { .. }));
    let at = if has_failed || state.current.in_iteration() {
        format!("at iteration {at}/{max}")
    } else {
        format!("after iteration {at}/{max}")
    };
    format!(
        "Session '{}' {what}{run} {at}\nLast successful iteration: {}\n{why}",
        snapshot.plan.session,
        last_good(state)
    )
}

/// Returns the current stage's last iteration that did not end in an error, or 0.
fn last_good(state: &State) -> u32 {
    let mut here = state
        .session
        .history
        .iter()
        .rev()
        .filter(|entry| entry.node == state.current.cursor.node);
    here.find(|entry| entry.status.decision != Decision::Error)
        .map_or(0, |entry| entry.iteration)
}

/// Returns how to continue such a session.
pub fn next_steps(snapshot: &Snapshot) -> String {
    let Snapshot { plan, state } = snapshot;
    if is_complete(state) {
        return format!(
            "Start over with --force (the old run is kept):\n  {}",
            NextCommand::start_over(plan, state)
        );
    }
    let current = &state.current;
    let next = current.iteration_to_run();
    let from = state.step(plan).and_then(Step::block).map_or_else(
        || format!("iteration {next}"),
        |block| format!("block `{}`", block.id),
    );
    format!(
        "{}Run with --resume to continue from {from}:\n  {}\nor start over with --force (the old run is kept)",
        hint(plan, state),
        NextCommand::resume(plan, state),
    )
}

/// Returns what to do before a resume, on a line of its own; empty if there is nothing.
fn hint(plan: &Plan, state: &State) -> String {
    let ending = state.phase.ending();
    let hint = match ending {
        Some(Ending::Failed { hint, .. }) if !hint.is_empty() => Some(hint.clone()),
        _ => ending
            .and_then(Ending::limit)
            .and_then(|limit| limit.hint(&plan.session)),
    };
    hint.map_or_else(String::new, |hint| format!("{hint}\n"))
}

/// Returns what you said to agents and none of them has read.
pub fn unread(state: &State) -> Vec<String> {
    let texts = state.unread().filter(|text| !text.to_branches);
    texts.map(|text| clean(&text.said.text)).collect()
}

/// Returns one line on how a session ended.
pub fn ending(ending: &Ending) -> String {
    match ending {
        Ending::Completed { reason } => format!("complete: {reason}"),
        Ending::Failed { error, .. } => format!("failed: {}", plain(error)),
        Ending::LimitReached { limit } => {
            format!("ended short of its goal: {}", plain(&limit.to_string()))
        }
        Ending::Stopped { by } => format!("stopped by {}", plain(by)),
        Ending::Interrupted { by } => format!("interrupted by {}", plain(by)),
    }
}

/// Returns the exit code a session's ending means.
pub fn exit_code(ending: &Ending) -> ExitCode {
    match ending {
        Ending::Completed { .. } => ExitCode::Done,
        Ending::Failed { .. } => ExitCode::Failed,
        Ending::LimitReached { .. } => ExitCode::Short,
        Ending::Stopped { .. } => ExitCode::Stopped,
        Ending::Interrupted { .. } => ExitCode::Interrupted,
    }
}
