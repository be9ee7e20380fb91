//! Shims that are started before their attempt is known to come: while the last one is looked at, so that the next agent
//! need not wait for its shim.
use crate::exec::shim::SpawnedShim;
use crate::model::{Cursor, RunId};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// The shims that wait for the next attempt, of a session and of each of its branches.
#[derive(Debug, Default)]
pub(super) struct NextShims(RefCell<BTreeMap<RunId, (Cursor, SpawnedShim)>>);

impl NextShims {
    pub(super) fn keep(&self, run: &RunId, cursor: Cursor, shim: SpawnedShim) {
        self.0.borrow_mut().insert(run.clone(), (cursor, shim));
    }

    /// Returns the shim that waits for an attempt.
    pub(super) fn take(&self, run: &RunId, cursor: Cursor) -> Option<SpawnedShim> {
        let (waits_for, shim) = self.0.borrow_mut().remove(run)?;
        (waits_for == cursor).then_some(shim)
    }

    /// Ends the shim of a run, whose attempt does not come.
    pub(super) fn discard(&self, run: &RunId) {
        let waiting = self.0.borrow_mut().remove(run);
        if let Some((_, shim)) = waiting {
            shim.discard();
        }
    }
}
