//! Loads a session from disk without running it.
use super::explain::explain;
use super::plan_file::{read_plan, read_plan_at, takes_next};
use crate::engine::{SessionSummary, State};
use crate::error::Error;
use crate::plan::Plan;
use crate::store::journal::{JournalError, Position, is_held};
use crate::store::layout::RunDir;
use crate::store::views;

/// A session's plan and state, as stored on disk. Loading one changes nothing.
#[derive(Debug)]
pub struct Snapshot {
    pub plan: Plan,
    pub state: State,
}

/// Loads a session from its last checkpoint and the lines behind it; `None` if there is no journal yet.
pub fn load_cached(dir: &RunDir) -> Result<Option<Snapshot>, Error> {
    load_with(dir, views::fold)
}

/// Loads a session as [`load_cached`] does, but folds its whole journal: for callers that then change it.
pub fn load(dir: &RunDir) -> Result<Option<Snapshot>, Error> {
    load_with(dir, views::fold_all)
}

/// Loads a session's state as [`load_cached`] does, with the number of the journal's last line, and leaves its plan unread.
pub fn load_state(dir: &RunDir) -> Result<Option<(State, u64)>, Error> {
    let folded = fold_with(dir, views::fold)?;
    Ok(folded.map(|(state, end)| (state, end.seq)))
}

fn load_with(
    dir: &RunDir,
    fold: fn(&RunDir) -> Result<(State, Position), JournalError>,
) -> Result<Option<Snapshot>, Error> {
    let Some((state, _)) = fold_with(dir, fold)? else {
        return Ok(None);
    };
    let plan = if takes_next(dir, &state) {
        read_plan_at(dir, &dir.next_plan())?
    } else {
        read_plan(dir)?
    };
    Ok(Some(Snapshot { plan, state }))
}

fn fold_with(
    dir: &RunDir,
    fold: fn(&RunDir) -> Result<(State, Position), JournalError>,
) -> Result<Option<(State, Position)>, Error> {
    if !dir.journal().exists() {
        return Ok(None);
    }
    let (state, end) = match fold(dir) {
        // Its runner puts it right before its next line.
        Err(JournalError::Damaged { .. }) if is_held(&dir.journal())? => views::fold_good(dir),
        folded => folded.map_err(|error| explain(dir, error))?,
    };
    Ok(state.session.name.is_some().then_some((state, end)))
}

/// Returns a session's summary for one row of a list; `None` if there is no such session. Reads as little as it can.
pub fn summarize(dir: &RunDir) -> Result<Option<SessionSummary>, Error> {
    // A plan that is about to be replaced is not the one the summary is of.
    if !dir.next_plan().exists()
        && let Some(summary) = views::saved_summary(dir)
    {
        return Ok(Some(summary));
    }
    let snapshot = load_cached(dir)?;
    Ok(snapshot.map(|snapshot| SessionSummary::new(&snapshot.plan, &snapshot.state)))
}
