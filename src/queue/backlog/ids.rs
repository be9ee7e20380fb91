//! The ids of tasks: unique, and stable when a line is moved.
use super::draft::{Draft, hashed};
use crate::queue::file::{Item, Mark};
use std::collections::{HashMap, HashSet};

/// Gives unnamed tasks with the same text under different headings different ids. Whether they are closed does not matter,
/// so that closing one changes no id.
pub(super) fn disambiguate(drafts: &mut [Draft<'_>]) {
    let mut twins: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, draft) in drafts
        .iter()
        .enumerate()
        .filter(|(_, draft)| draft.named.is_none())
    {
        twins.entry(&draft.first).or_default().push(at);
    }
    let several = twins.into_values().filter(|twins| {
        let first = twins.first().map(|at| &drafts[*at].path);
        twins.iter().any(|at| Some(&drafts[*at].path) != first)
    });
    for at in several.flatten().collect::<Vec<_>>() {
        let draft = &mut drafts[at];
        draft.first = hashed(&format!("{} / {}", draft.path.join(" / "), draft.first));
    }
}

/// Returns the id of each task.
pub(super) fn ids(drafts: &[Draft<'_>]) -> Vec<String> {
    let firsts: HashSet<&str> = drafts.iter().map(|draft| draft.first.as_str()).collect();
    let mut taken = HashSet::new();
    let mut copies: HashMap<String, u32> = HashMap::new();
    let mut unique = |draft: &Draft<'_>| {
        let first = &draft.first;
        if taken.insert(first.clone()) {
            return first.clone();
        }
        let copy = copies.entry(first.clone()).or_insert(1);
        loop {
            *copy += 1;
            let id = format!("{first}-{copy}");
            // A task with this id of its own keeps it.
            if !firsts.contains(id.as_str()) && taken.insert(id.clone()) {
                return id;
            }
        }
    };
    let mut ids = vec![String::new(); drafts.len()];
    for closed in [false, true] {
        for (at, draft) in drafts
            .iter()
            .enumerate()
            .filter(|(_, draft)| (draft.mark == Mark::Closed) == closed)
        {
            ids[at] = unique(draft);
        }
    }
    ids
}

/// Blocks tasks that differ only in their order: closing one must never close the other.
pub(super) fn block_duplicates(items: &mut [Item], drafts: &[Draft<'_>]) {
    let mut left: HashMap<&str, u32> = HashMap::new();
    for draft in drafts.iter().filter(|draft| draft.mark != Mark::Closed) {
        *left.entry(&draft.first).or_default() += 1;
    }
    let same = |draft: &Draft<'_>| draft.mark != Mark::Closed && left[draft.first.as_str()] > 1;
    for (item, draft) in items
        .iter_mut()
        .zip(drafts)
        .filter(|(_, draft)| same(draft))
    {
        item.mark = Mark::Blocked(match draft.named {
            Some(name) => format!("has the id `{name}`, like another task: give it another one"),
            None => "has the same text as another task: end its line with `(#name)`".to_owned(),
        });
    }
}
