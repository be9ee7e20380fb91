//! Reads what the journals of a project say was spent.
use super::line::{SpentLine, branch_key};
use crate::model::{Cursor, Event, RunId};
use crate::plan::Plan;
use crate::store::beneath;
use crate::store::journal::{Position, read_lines};
use crate::store::layout::{Project, RunDir};
use crate::store::session::all_runs;
use camino::Utf8Path;
use std::io;

/// What the journal of a run, or of a branch, says was spent.
#[derive(Debug)]
pub(super) struct RunSpending {
    pub(super) run: RunId,
    pub(super) branch: String,
    /// The number of the last line that was read.
    pub(super) last: u64,
    pub(super) lines: Vec<SpentLine>,
}

/// Reads all journals of a project: of its sessions, of their branches, and of the runs that were archived. Returns what
/// they say, and how many could not be read.
pub(super) fn of_project(project: &Project) -> io::Result<(Vec<RunSpending>, u64)> {
    let (mut found, mut unread) = (Vec::new(), 0);
    for dir in all_runs(project)? {
        for dir in std::iter::once(dir.clone()).chain(dir.branches()) {
            match read(project.root(), &dir) {
                Ok(spending) => found.extend(spending),
                Err(error) => {
                    tracing::warn!(path = %dir.root(), %error, "a journal is left out of the ledger");
                    unread += 1;
                }
            }
        }
    }
    Ok((found, unread))
}

/// Reads one journal. A line that is damaged ends it: what comes before it counts.
fn read(project: &Utf8Path, dir: &RunDir) -> io::Result<Option<RunSpending>> {
    if !dir.journal().exists() {
        return Ok(None);
    }
    let plan: Plan = serde_json::from_slice(&beneath::read(&dir.plan())?)?;
    let (mut lines, mut last, mut cursor) = (Vec::new(), 0, Cursor::default());
    read_lines(&dir.journal(), Position::default(), |line, end| {
        last = end.seq;
        match &line.event {
            // The lines before are copies of the other session's.
            Event::SessionForked { .. } => lines.clear(),
            Event::AgentExited(attempt) => cursor = attempt.cursor,
            _ => {}
        }
        let key = (end.seq, line.at);
        lines.extend(SpentLine::new(&plan, project, key, &line.event, cursor));
    })
    .map_err(io::Error::other)?;
    Ok(Some(RunSpending {
        branch: branch_key(&plan),
        run: plan.run,
        last,
        lines,
    }))
}
