//! Enters what attempts and judges cost in the ledger.
use crate::model::{Cursor, Event};
use crate::store::layout::UserDirs;
use crate::store::ledger::{self, SpentLine};
use crate::store::observer::{Fact, Observer, Reaction};
use camino::Utf8PathBuf;
use std::collections::{BTreeSet, VecDeque};
use std::io;

/// Appends a line for each fact that costs something, once by its key. What cannot be entered is tried again with the next
/// one, at the session's end, and by the next runner.
#[derive(Debug)]
pub(in crate::runner) struct LedgerWriter {
    dirs: UserDirs,
    project: Utf8PathBuf,
    /// The branch as the ledger names it; empty for a session.
    branch: String,
    /// What the ledger has of this run.
    recorded: Option<BTreeSet<u64>>,
    /// Whether the facts that come are this process's own.
    is_live: bool,
    /// What is to be entered.
    lines: VecDeque<PendingLine>,
    last: Cursor,
}

#[derive(Debug)]
struct PendingLine {
    line: SpentLine,
    /// Whether an earlier runner may have entered it.
    may_be_there: bool,
}

impl LedgerWriter {
    pub(in crate::runner) fn new(dirs: UserDirs, project: Utf8PathBuf, branch: String) -> Self {
        Self {
            dirs,
            project,
            branch,
            recorded: None,
            is_live: false,
            lines: VecDeque::new(),
            last: Cursor::default(),
        }
    }

    /// Records that all facts of earlier runners have been observed.
    pub(in crate::runner) fn caught_up(&mut self) {
        self.is_live = true;
        self.recorded = None;
    }

    /// Enters the lines in their order.
    fn enter_all(&mut self) -> io::Result<()> {
        while let Some(PendingLine { line, may_be_there }) = self.lines.front() {
            let recorded = match (may_be_there, self.recorded.take()) {
                (false, _) => BTreeSet::new(),
                (true, Some(recorded)) => recorded,
                (true, None) => ledger::recorded(&self.dirs, &line.run, &self.branch)?,
            };
            if !recorded.contains(&line.number) {
                ledger::append(&self.dirs, line)?;
            }
            self.recorded = may_be_there.then_some(recorded);
            self.lines.pop_front();
        }
        Ok(())
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
        let line = SpentLine::new(fact.plan, &self.project, key, fact.event, self.last);
        let is_over = matches!(fact.event, Event::SessionFinished { .. });
        let has_more = is_over && !self.lines.is_empty();
        if line.is_none() && !has_more {
            return Ok(Reaction::Transient);
        }
        self.lines.extend(line.map(|line| PendingLine {
            line,
            may_be_there: !self.is_live,
        }));
        if let Err(error) = self.enter_all() {
            tracing::warn!(%error, "the ledger cannot be written; this is tried again");
            return Ok(Reaction::Transient);
        }
        Ok(Reaction::Durable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FinishedAttempt, Outcome, Usage};
    use crate::store::journal::Position;
    use crate::store::layout::StateFile;
    use crate::store::observer::FactKey;

    #[test]
    fn what_cannot_be_entered_is_entered_with_the_next_one() {
        let folder = tempfile::tempdir().unwrap();
        let home = camino::Utf8Path::from_path(folder.path()).unwrap();
        let dirs = UserDirs::new(&crate::model::Env::default(), Some(home));
        let plan = crate::plans::plan();
        let state = crate::engine::State::default();
        let mut writer = LedgerWriter::new(dirs.clone(), "/p".into(), String::new());
        writer.caught_up();
        let mut exits = |number: u64| {
            let cursor = Cursor {
                node: 0,
                iteration: 1,
                attempt: u32::try_from(number).unwrap(),
            };
            let mut attempt = FinishedAttempt::new(cursor, Outcome::Cancelled);
            attempt.usage = Usage {
                cost_usd: 1.0,
                turns: 1,
                ..Usage::default()
            };
            let event = Event::AgentExited(attempt);
            let fact = Fact {
                key: FactKey {
                    run: &plan.run,
                    number,
                },
                at: crate::clock::now(),
                event: &event,
                end: Position::default(),
                again: false,
                plan: &plan,
                state: &state,
            };
            writer.observe(&fact).unwrap()
        };
        let ledger = dirs.state_file(StateFile::Spent);
        fs_err::create_dir_all(&ledger).unwrap();
        assert!(matches!(exits(1), Reaction::Transient));
        fs_err::remove_dir(&ledger).unwrap();
        assert!(matches!(exits(2), Reaction::Durable));
        let entered = ledger::recorded(&dirs, &plan.run, "").unwrap();
        assert_eq!(entered, BTreeSet::from([1, 2]));
    }
}
