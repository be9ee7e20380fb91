//! Finds the iteration at which a session is forked.
use crate::model::{Cursor, Event, FinishedAttempt, Outcome, WorkTree};
use crate::store::journal::{JournalError, Position, read_from};
use camino::Utf8Path;

/// The end of an iteration, in a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The number of its line.
    pub seq: u64,
    pub cursor: Cursor,
    /// The project's files then, if they are in git.
    pub tree: Option<WorkTree>,
}

/// Returns the end of an iteration of the node at a step. If the iteration has not ended, returns the number of the last
/// one that has; 0 if none has.
pub fn find(
    journal: &Utf8Path,
    step: u32,
    iteration: u32,
) -> Result<Result<Cut, u32>, JournalError> {
    let (mut found, mut last) = (None, 0);
    read_from(journal, Position::default(), |line| match &line.event {
        Event::AgentExited(FinishedAttempt {
            cursor,
            outcome: Outcome::Reported { .. } | Outcome::Unreported { .. },
            tree,
            ..
        }) if cursor.node == step => {
            last = cursor.iteration;
            if cursor.iteration == iteration {
                found = Some(Cut {
                    seq: line.seq,
                    cursor: *cursor,
                    tree: tree.clone(),
                });
            }
        }
        _ => (),
    })?;
    Ok(found.ok_or(last))
}
