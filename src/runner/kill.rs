//! Records that a user killed a session: its runner had no time to record it itself.
use super::acquire::{AcquireError, already_running, lock_retrying};
use super::branches::report;
use crate::engine::Phase;
use crate::error::Result;
use crate::model::{
    BranchReport, Ending, FinishedAttempt, HookExit, Input, NodeId, Outcome, QueueStatus, Request,
    SessionName, Stop, StopSource, Usage,
};
use crate::plan::Block;
use crate::store::layout::Project;
use crate::store::session::{Session, load};

/// Records that a session was killed, and the branches of its current block, so that it does not look like a crash.
/// Every process of the session is gone.
pub fn record_kill(project: &Project, session: &SessionName, by: &str) -> Result<(), AcquireError> {
    let Some(lock) = lock_retrying(project, session, true)? else {
        return Err(already_running(project, session));
    };
    let mut session = Session::open(project.session(session), Some(lock))?;
    record_stop(&mut session, by)?;
    let step = session.state().current.cursor.node;
    if let (Phase::Parallel, Some(block)) =
        (&session.state().phase, session.plan.block(step).cloned())
    {
        for branch in &block.branches {
            let report = record_branch_stop(&session, step, &block, &branch.name, by)?;
            session.accept(&Input::BranchReported {
                step,
                branch: branch.name.clone(),
                report,
            })?;
        }
        session.record_consequences()?;
    }
    Ok(())
}

/// Records the stop of one run, whose agent was killed with it.
fn record_stop(session: &mut Session, by: &str) -> Result<()> {
    session.accept(&Input::Request(Request::Stop(Stop::new(
        StopSource::Person,
        by,
    ))))?;
    end_hooks(session, by)?;
    let cursor = session.state().current.cursor;
    session.accept(&Input::AgentExited(FinishedAttempt::new(
        cursor,
        Outcome::Cancelled,
    )))?;
    // The runner that resumes the session gives back what the agent held.
    session.accept(&Input::QueueChecked {
        cursor: session.state().current.cursor,
        status: QueueStatus::Unknown {
            error: format!("{by} did not look at it"),
        },
        released: Vec::new(),
        parked: Vec::new(),
    })?;
    session.record_consequences()?;
    end_hooks(session, by)
}

/// Records the end of the hooks that the session waits for, or would wait for before its end.
fn end_hooks(session: &mut Session, by: &str) -> Result<()> {
    while let Some((run, _)) = session.state().session.hooks.running {
        session.accept(&Input::HookEnded {
            run,
            exit: HookExit::cancelled(format!("{by} ended it")),
        })?;
        session.record_consequences()?;
    }
    Ok(())
}

/// Records the stop of a branch and returns its progress.
fn record_branch_stop(
    session: &Session,
    step: u32,
    block: &Block,
    name: &NodeId,
    by: &str,
) -> Result<BranchReport> {
    let dir = session.dir.branch(step, &block.id, name);
    if load(&dir)?.is_none() {
        return Ok(BranchReport {
            seq: 0,
            iterations: 0,
            usage: Usage::default(),
            question: None,
            ending: Some(Ending::Stopped { by: by.to_owned() }),
            account: None,
            billing: None,
        });
    }
    let mut branch = Session::open(dir, None)?;
    record_stop(&mut branch, by)?;
    Ok(report(&branch))
}
