//! Makes a fork in a draft folder and renames it to its final place.
use super::copy::{copy_lines, write_plan};
use super::request::Fork;
use crate::model::{Ending, Event, ForkedFrom};
use crate::store::journal::{Journal, JournalError};
use crate::store::layout::RunDir;
use crate::store::{atomic, beneath, crash};
use fs_err as fs;
use jiff::Timestamp;
use std::io;

/// Makes the session in a draft and moves it to its place. Returns whether its progress file is the one of that iteration;
/// otherwise it is the current one.
pub fn make(fork: &Fork<'_>, draft: &RunDir, now: Timestamp) -> Result<bool, JournalError> {
    let place = fork.new.session(&fork.plan.session);
    let as_it_was = fork.copy_folders(&place, draft)?;
    let fingerprint = write_plan(draft, &fork.relocate(&fork.plan, &place)?)?;
    fork.write_journal(draft, &fingerprint, now)?;
    crash::point("fork: complete, not in its place");
    fs::rename(draft.root(), place.root())?;
    crash::point("fork: in its place");
    atomic::sync_folder(&fork.new.runs())?;
    Ok(as_it_was)
}

/// Makes an empty draft and removes what a crashed fork left of one. The folder reserves the session's name.
pub fn begin(place: &RunDir) -> io::Result<RunDir> {
    let draft = place.draft();
    crash::point("fork: before its draft");
    match fs::remove_dir_all(draft.root()) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => (),
    }
    beneath::create_dir_all(&draft.inbox())?;
    crash::point("fork: draft made");
    Ok(draft)
}

impl Fork<'_> {
    /// Writes the journal: the events up to the cut, then that the session was forked and does not run yet.
    fn write_journal(
        &self,
        draft: &RunDir,
        fingerprint: &str,
        now: Timestamp,
    ) -> Result<(), JournalError> {
        let mut journal = Journal::open(&draft.journal(), |_| ())?;
        let (old, last) = (self.old.1, self.cut.seq);
        copy_lines(old, last, &mut journal, &self.plan, fingerprint)?;
        let lines = journal.position().seq;
        let forked = Event::SessionForked {
            from: ForkedFrom {
                lines,
                ..self.from.clone()
            },
        };
        let stopped = Event::SessionFinished {
            ending: Ending::Stopped {
                by: "ap fork".to_owned(),
            },
        };
        journal.append(&forked, now)?;
        journal.append(&stopped, now)?;
        Ok(journal.sync()?)
    }
}
