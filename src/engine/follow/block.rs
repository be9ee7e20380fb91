//! What follows from the reports of a parallel block's branches.
use super::finish::{fail, finish, limit_reached};
use crate::engine::state::State;
use crate::model::{AccountKind, Ending, Event, Limit, NodeEnding};
use crate::plan::{Block, OnFailure};

/// Returns what follows from the reports so far, if anything. `limit` is the session's limit that is reached.
pub(super) fn after_report(state: &State, block: &Block, limit: Option<Limit>) -> Option<Event> {
    if let Some(account) = unaccepted_account(state) {
        return Some(Event::AccountChanged { account });
    }
    let endings = endings(state, block);
    if endings.len() < block.branches.len() {
        return drain(state, limit);
    }
    Some(end_of_block(state, block, &endings, limit))
}

/// Returns the account that would bill a branch, unless the session has asked or accepted it.
fn unaccepted_account(state: &State) -> Option<AccountKind> {
    let spending = &state.session.spending;
    let mut asking = state.current.branches.values().filter_map(|it| it.billing);
    let account = asking.next().filter(|_| spending.billing.is_none())?;
    (spending.accepted != Some(account)).then_some(account)
}

/// Returns how the branches that are over ended, in the block's order.
fn endings<'a>(state: &'a State, block: &Block) -> Vec<&'a Ending> {
    let reports = &state.current.branches;
    let ending = |name| reports.get(name)?.ending.as_ref();
    block
        .branches
        .iter()
        .filter_map(|branch| ending(&branch.name))
        .collect()
}

fn drain(state: &State, limit: Option<Limit>) -> Option<Event> {
    let ending = state.current.drain.is_some() || state.session.stopping.is_some();
    limit
        .filter(|_| !ending)
        .map(|limit| Event::BlockDraining { limit })
}

fn end_of_block(state: &State, block: &Block, endings: &[&Ending], limit: Option<Limit>) -> Event {
    let succeeded = endings
        .iter()
        .filter(|ending| matches!(ending, Ending::Completed { .. }))
        .count();
    let needed = match block.on_failure {
        OnFailure::Fail => block.branches.len(),
        OnFailure::Continue { min_success } => min_success as usize,
    };
    if needed <= succeeded {
        return block_finished(state, block, succeeded);
    }
    if let Some(stop) = &state.session.stopping {
        return finish(stop.ending());
    }
    // A branch that reached a budget of the session may report that with its end.
    if let Some(limit) = state.current.drain.clone().or(limit) {
        return limit_reached(limit);
    }
    block_failed(block, endings)
}

fn block_finished(state: &State, block: &Block, succeeded: usize) -> Event {
    let count = |number| u32::try_from(number).unwrap_or(u32::MAX);
    let ending = NodeEnding::Branches {
        succeeded: count(succeeded),
        of: count(block.branches.len()),
    };
    Event::NodeFinished {
        node: state.current.cursor.node,
        id: block.id.clone(),
        ending,
    }
}

fn block_failed(block: &Block, endings: &[&Ending]) -> Event {
    let failures: Vec<String> = block
        .branches
        .iter()
        .zip(endings)
        .filter_map(|(branch, ending)| Some(format!("{} {}", branch.name, ending.shortfall()?)))
        .collect();
    fail(
        format!("parallel block `{}`: {}", block.id, failures.join("; ")),
        "see what its agents printed with `ap logs --branch`, then resume: branches that are done stay done",
    )
}
