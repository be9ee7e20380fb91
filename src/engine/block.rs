//! When a parallel block is over, and what came of it.
use super::State;
use super::follow::{fail, finish};
use crate::model::{BranchReport, Ending, Event, NodeEnding};
use crate::plan::{Block, OnFailure};

/// Returns what follows from how far the branches are, if anything. `limit` says which bound of the session is reached.
pub(super) fn over(state: &State, block: &Block, limit: Option<String>) -> Option<Event> {
    let reports: Vec<Option<&BranchReport>> = block
        .branches
        .iter()
        .map(|branch| state.branches.get(&branch.name))
        .collect();
    let endings: Vec<&Ending> = reports
        .iter()
        .filter_map(|report| report.as_ref()?.ending.as_ref())
        .collect();
    if endings.len() < block.branches.len() {
        let drain = limit.filter(|_| state.drain.is_none() && state.stopping.is_none());
        return drain.map(|limit| Event::BlockDraining { limit });
    }
    let succeeded = endings
        .iter()
        .filter(|ending| matches!(ending, Ending::Completed { .. }))
        .count();
    let needed = match block.on_failure {
        OnFailure::Fail => block.branches.len(),
        OnFailure::Continue { min_success } => min_success as usize,
    };
    if needed <= succeeded {
        let [succeeded, of] =
            [succeeded, block.branches.len()].map(|count| u32::try_from(count).unwrap_or(u32::MAX));
        let ending = NodeEnding::Branches { succeeded, of };
        return Some(Event::NodeFinished {
            node: state.cursor.node,
            id: block.id.clone(),
            ending,
        });
    }
    if let Some(by) = &state.stopping {
        return Some(finish(Ending::Stopped { by: by.clone() }));
    }
    if let Some(limit) = &state.drain {
        return Some(finish(Ending::LimitReached {
            limit: limit.clone(),
        }));
    }
    let failures = block
        .branches
        .iter()
        .zip(&endings)
        .filter_map(|(branch, ending)| Some(format!("{} {}", branch.name, ending.shortfall()?)));
    let error = format!(
        "parallel block `{}`: {}",
        block.id,
        failures.collect::<Vec<_>>().join("; ")
    );
    Some(fail(error, "see what its agents said with `ap logs --branch`, then resume: branches that are done stay done".to_owned()))
}
