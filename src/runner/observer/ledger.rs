//! Enters what attempts and judges cost in the ledger.
use crate::model::{Cursor, Event};
use crate::store::layout::UserDirs;
use crate::store::ledger::{self, SpentLine};
use crate::store::observer::{Fact, Observer, Reaction};
use camino::Utf8PathBuf;
use std::collections::BTreeSet;
use std::io;

/// Appends a line for each fact that costs something, once by its key.
#[derive(Debug)]
pub(in crate::runner) struct LedgerWriter {
    dirs: UserDirs,
    project: Utf8PathBuf,
    /// The branch as the ledger names it; empty for a session.
    branch: String,
    /// What the ledger has of this run; only facts of earlier runners may be there already.
    recorded: Option<BTreeSet<u64>>,
    /// Whether the facts that come are this process's own.
    is_live: bool,
    last: Cursor,
}

impl LedgerWriter {
    pub(in crate::runner) fn new(dirs: UserDirs, project: Utf8PathBuf, branch: String) -> Self {
        Self {
            dirs,
            project,
            branch,
            recorded: None,
            is_live: false,
            last: Cursor::default(),
        }
    }

    /// Records that all facts of earlier runners have been observed.
    pub(in crate::runner) fn caught_up(&mut self) {
        self.is_live = true;
        self.recorded = None;
    }

    fn is_recorded(&mut self, fact: &Fact<'_>) -> io::Result<bool> {
        if self.is_live {
            return Ok(false);
        }
        let recorded = match self.recorded.take() {
            Some(recorded) => recorded,
            None => ledger::recorded(&self.dirs, fact.key.run, &self.branch)?,
        };
        let is_recorded = recorded.contains(&fact.key.number);
        self.recorded = Some(recorded);
        Ok(is_recorded)
    }
}

impl Observer for LedgerWriter {
    fn durable_name(&self) -> Option<&'static str> {
        Some("ledger")
    }

    fn observe(&mut self, fact: &Fact<'_>) -> io::Result<Reaction> {
        if let Event::AgentExited(attempt) = fact.event {
            self.last = attempt.cursor;
        }
        if fact.is_copied() {
            // The other session's runner has entered it.
            return Ok(Reaction::Transient);
        }
        let key = (fact.key.number, fact.at);
        match SpentLine::new(fact.plan, &self.project, key, fact.event, self.last) {
            Some(line) if !self.is_recorded(fact)? => {
                ledger::append(&self.dirs, &line)?;
                Ok(Reaction::Durable)
            }
            Some(_) | None => Ok(Reaction::Transient),
        }
    }
}
