//! Looks at projects that have not come back: at most one thread hangs for each project.
use crate::model::ProjectId;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The projects at which a thread looks now.
#[derive(Clone, Debug, Default)]
pub(super) struct LooksUnderWay(Arc<Mutex<BTreeSet<ProjectId>>>);

/// A look, which ends when this is dropped.
#[derive(Debug)]
pub(super) struct Look {
    all: LooksUnderWay,
    project: ProjectId,
}

impl LooksUnderWay {
    /// Begins a look at a project, unless one hangs there.
    pub(super) fn begin(&self, project: &ProjectId) -> Option<Look> {
        let is_free = self.lock().insert(project.clone());
        is_free.then(|| Look {
            all: self.clone(),
            project: project.clone(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<ProjectId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Look {
    fn drop(&mut self) {
        self.all.lock().remove(&self.project);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_that_hangs_is_not_looked_at_a_second_time() {
        let looks = LooksUnderWay::default();
        let (hangs, other) = ("hangs".parse().unwrap(), "other".parse().unwrap());
        let look = looks.begin(&hangs);
        assert!(look.is_some());
        assert!(looks.begin(&hangs).is_none());
        assert!(looks.begin(&other).is_some());
        drop(look);
        assert!(looks.begin(&hangs).is_some());
    }
}
