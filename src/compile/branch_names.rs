//! The names of the branches of a block.
use super::definition::{BranchDef, ParallelDef};
use super::diagnostics::{LintCode, Location};
use crate::model::{InvalidName, NodeId};

/// Returns the names of the branches: as written, else the provider's name, with a number if another branch has it.
pub(super) fn branch_names(location: &Location<'_>, parallel: &ParallelDef) -> Vec<NodeId> {
    let location = location.to("providers");
    if parallel.providers.is_empty() {
        location.report(
            location
                .here(LintCode::NoProviders, "the block has no providers")
                .hint("add `providers: [claude, codex]`"),
        );
    }
    let mut names: Vec<NodeId> = Vec::new();
    for (index, provider) in parallel.providers.iter().enumerate() {
        if let Some(name) = branch_name(&location.item(index), provider, &names) {
            names.push(name);
        }
    }
    names
}

/// Returns the name of the next branch, distinct from the names before it.
fn branch_name(at: &Location<'_>, provider: &BranchDef, names: &[NodeId]) -> Option<NodeId> {
    let Some(wanted) = provider.name() else {
        at.report(
            at.here(LintCode::NoId, "the provider has no `name`")
                .hint("add `name: claude`, or another provider"),
        );
        return None;
    };
    let is_taken = |name: &str| names.iter().any(|other| other.as_str() == name);
    if provider.full().is_some_and(|full| full.id.is_some()) && is_taken(wanted) {
        at.report(
            at.at(
                "id",
                LintCode::DuplicateId,
                format!("two providers are called `{wanted}`"),
            )
            .hint("outputs and directories are found by this name"),
        );
    }
    let free = (2..)
        .map(|number| format!("{wanted}-{number}"))
        .find(|name| !is_taken(name))
        .filter(|_| is_taken(wanted));
    match free.as_deref().unwrap_or(wanted).parse() {
        Ok(name) => Some(name),
        Err(InvalidName { .. }) => {
            at.report(
                at.here(
                    LintCode::BadName,
                    format!("`{wanted}` cannot be the name of a branch"),
                )
                .hint("add `id: <name>` of letters, digits, `-` and `_`"),
            );
            None
        }
    }
}
