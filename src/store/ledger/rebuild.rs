//! Makes the ledger again from the journals.
use super::append::lock;
use super::journals::{RunSpending, of_project};
use super::read::for_each_line;
use crate::store::layout::{Project, StateFile, UserDirs};
use crate::store::{atomic, crash};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io;

/// What came of making the ledger again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Rebuilt {
    /// Lines that were made from journals.
    pub from_journals: u64,
    /// Lines that were kept, because the journals of their runs are gone.
    pub kept: u64,
    /// Journals that could not be read; the lines of their runs were kept.
    pub unread_journals: u64,
    /// Lines of the old ledger that could not be read, and were dropped.
    pub dropped: u64,
}

/// Makes the ledger again from the journals of these projects. The lines of runs that have no journal any more are kept.
pub fn rebuild(dirs: &UserDirs, projects: &[Project]) -> io::Result<Rebuilt> {
    let mut done = Rebuilt::default();
    let mut runs: BTreeMap<(String, String), RunSpending> = BTreeMap::new();
    for project in projects {
        let (found, unread) = of_project(project)?;
        done.unread_journals += unread;
        for spending in found {
            let key = (spending.run.to_string(), spending.branch.clone());
            runs.insert(key, spending);
        }
    }
    let _lock = lock(dirs)?;
    let mut lines: Vec<(String, Vec<u8>)> = Vec::new();
    done.dropped = for_each_line(dirs, |spent, line| {
        let key = (spent.run.to_string(), spent.branch.to_string());
        // What a runner appended since its journal was read is kept too.
        if runs.get(&key).is_none_or(|run| run.last < spent.number) {
            lines.push((spent.time().to_owned(), line.to_vec()));
            done.kept += 1;
        }
    })?;
    for line in runs.into_values().flat_map(|run| run.lines) {
        lines.push((line.at.to_string(), serde_json::to_vec(&line)?));
        done.from_journals += 1;
    }
    lines.sort_by(|(one, _), (other, _)| one.cmp(other));
    let mut text = Vec::new();
    for (_, line) in lines {
        text.extend_from_slice(&line);
        text.push(b'\n');
    }
    crash::point("ledger: before it is replaced");
    atomic::replace_durably(&dirs.state_file(StateFile::Spent), &text)?;
    crash::point("ledger: replaced");
    Ok(done)
}
