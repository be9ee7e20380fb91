//! Repairs the journals of a session that does not run.
use super::explain::explain;
use super::live::Session;
use super::snapshot::load;
use crate::clock;
use crate::error::Result;
use crate::model::Event;
use crate::store::journal::{JournalError, Salvaged, salvage};
use crate::store::layout::RunDir;
use crate::store::{beneath, views};
use camino::Utf8PathBuf;

/// Returns the run directories whose journals are damaged: the session's own and those of its branches.
pub fn damaged(dir: &RunDir) -> Vec<RunDir> {
    let mut all = vec![dir.clone()];
    all.extend(dir.branches());
    all.retain(|dir| matches!(views::check(dir), Err(JournalError::Damaged { .. })));
    all
}

/// Repairs a damaged journal from itself and its copies, under the session's lock. The damaged file is kept.
pub fn repair(dir: &RunDir) -> Result<Salvaged> {
    let copies: Vec<Utf8PathBuf> = [dir.kept_copy(), dir.kept_journal()]
        .into_iter()
        .flatten()
        .collect();
    let salvaged = salvage(&dir.journal(), &copies, views::lines_seen(dir))
        .map_err(|error| explain(dir, error))?;
    // They may be of lines that are lost, and are made again.
    beneath::remove_file(&dir.state())?;
    beneath::remove_file(&dir.checkpoint())?;
    if load(dir)?.is_some() {
        let mut session = Session::open(dir.clone(), None)?;
        let repaired = Event::JournalRepaired {
            bytes: 0,
            restored: salvaged.restored,
            by: None,
        };
        session.append_sync(repaired, clock::now())?;
    }
    Ok(salvaged)
}
