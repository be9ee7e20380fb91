//! What is journalled when a person ends a session at once: its runner had no time to say so itself.
use super::branches::report;
use super::manifest;
use super::take::lock_soon;
use crate::clock;
use crate::engine::{Phase, accept, follow};
use crate::error::Result;
use crate::model::{
    BranchReport, Ending, Event, Input, NodeEnding, NodeId, Outcome, QueueStatus, Request,
    SessionName, Usage,
};
use crate::plan::Block;
use crate::store::layout::Project;
use crate::store::session::{Session, load};
use crate::ui::report::already_running;

/// Journals that a person ended a session whose every process is gone, and the branches of its block, so that it does not
/// look like a crash.
pub fn record_kill(project: &Project, session: &SessionName, by: &str) -> Result<()> {
    let Some(lock) = lock_soon(project, session)? else {
        return Err(already_running(project, session));
    };
    let mut session = Session::open(project.session(session), Some(lock))?;
    stop(&mut session, by)?;
    let step = session.state().cursor.node;
    if let (Phase::Parallel, Some(block)) =
        (&session.state().phase, session.plan.block(step).cloned())
    {
        for branch in &block.branches {
            let report = stopped(&session, step, &block, &branch.name, by)?;
            tell(
                &mut session,
                &Input::BranchReported {
                    step,
                    branch: branch.name.clone(),
                    report,
                },
            )?;
        }
        settle(&mut session)?;
    }
    Ok(())
}

/// Journals the stop of one run, whose agent was ended with it.
fn stop(session: &mut Session, by: &str) -> Result<()> {
    tell(
        session,
        &Input::Request(Request::Stop { by: by.to_owned() }),
    )?;
    let (cursor, outcome, usage, promises) = (
        session.state().cursor,
        Outcome::Cancelled,
        Usage::default(),
        Vec::new(),
    );
    tell(
        session,
        &Input::AgentExited {
            cursor,
            outcome,
            usage,
            promises,
            tree: None,
        },
    )?;
    // What its agent held is given back by whoever resumes it.
    let status = QueueStatus::Unknown {
        error: format!("{by} did not look at it"),
    };
    tell(
        session,
        &Input::QueueChecked {
            cursor,
            status,
            released: Vec::new(),
            parked: Vec::new(),
        },
    )?;
    settle(session)
}

/// Journals the stop of a branch and returns how far it is.
fn stopped(
    session: &Session,
    step: u32,
    block: &Block,
    name: &NodeId,
    by: &str,
) -> Result<BranchReport> {
    let dir = session.dir.branch(step, &block.id, name);
    if load(&dir)?.is_none() {
        // It was never begun.
        let ending = Some(Ending::Stopped { by: by.to_owned() });
        return Ok(BranchReport {
            seq: 0,
            iterations: 0,
            usage: Usage::default(),
            ending,
        });
    }
    let mut branch = Session::open(dir, None)?;
    stop(&mut branch, by)?;
    Ok(report(&branch))
}

fn tell(session: &mut Session, input: &Input) -> Result<()> {
    let now = clock::now();
    match accept(&session.plan, session.state(), input, now) {
        Some(event) => Ok(session.append_sync(event, now)?),
        None => Ok(()),
    }
}

fn settle(session: &mut Session) -> Result<()> {
    while let Some(event) = follow(&session.plan, session.state(), clock::now()) {
        if let Event::NodeFinished {
            node,
            ending: NodeEnding::Branches { .. },
            ..
        } = &event
        {
            manifest::write(session, *node)?;
        }
        session.append_sync(event, clock::now())?;
    }
    Ok(())
}
