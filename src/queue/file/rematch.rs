//! Finds held tasks whose text was edited, so that no other agent claims the same line.
use super::format::{Item, Mark};
use crate::queue::claims::{ClaimRecord, Claims, LinePosition};
use crate::queue::error::QueueError;

impl LinePosition {
    /// Returns where a task is among the others.
    pub(super) fn of(items: &[Item], at: usize) -> Self {
        let title = |at: usize| items.get(at).map(|item| item.title.clone());
        Self {
            nth: at,
            after: at.checked_sub(1).and_then(title),
            before: title(at + 1),
        }
    }
}

/// Gives held tasks that are still there under another text the id they were claimed by, and returns the ids of those
/// that are not there. An ambiguous match blocks every task that could be the held one.
pub(super) fn rematch_held(items: &mut [Item], claims: &Claims) -> Vec<String> {
    let lost: Vec<(&String, &ClaimRecord)> = claims
        .all()
        .filter(|(id, _)| items.iter().all(|item| item.id != **id))
        .collect();
    let found: Vec<Vec<usize>> = lost
        .iter()
        .map(|(_, held)| candidates(items, held, claims))
        .collect();
    let mut gone = Vec::new();
    for ((id, held), at) in lost.iter().zip(&found) {
        match at.as_slice() {
            [only]
                if found
                    .iter()
                    .flatten()
                    .filter(|other| *other == only)
                    .count()
                    == 1 =>
            {
                items[*only].now = Some(std::mem::replace(&mut items[*only].id, (*id).clone()));
            }
            several => {
                gone.push((*id).clone());
                for &at in several {
                    let why = format!(
                        "may be “{}”, which {} holds, reworded: end its line with `(#name)`",
                        held.title, held.owner
                    );
                    if items[at].mark == Mark::Open {
                        items[at].mark = Mark::Blocked(why);
                    }
                }
            }
        }
    }
    gone
}

/// Returns an error if a held task has another id now and hardly a word of its title is left: it may be another task in
/// the same line, which must not be closed by mistake.
pub(super) fn check_same_task(item: &Item, id: &str, claims: &Claims) -> Option<QueueError> {
    let (now, held) = (item.now.as_ref()?, claims.of(id)?);
    (!similar(&item.title, &held.title)).then(|| {
        let what = format!("task `{id}` was “{}” when it was claimed, and its line reads “{}” now", held.title, item.title);
        let next = format!("if that is done too, close it as `{now}`; if it is another task, release it with `ap queue release {now}`");
        QueueError::rejected(what, next)
    })
}

fn candidates(items: &[Item], held: &ClaimRecord, claims: &Claims) -> Vec<usize> {
    let Some(position) = &held.position else {
        return Vec::new();
    };
    let could_be = |at: &usize| {
        let (item, now) = (&items[*at], LinePosition::of(items, *at));
        let same = !held.title.is_empty() && words(&item.title).eq(words(&held.title));
        let there = (&now.after, &now.before) == (&position.after, &position.before)
            || now.nth == position.nth && similar(&item.title, &held.title);
        claims.of(&item.id).is_none() && (same || !item.named && there)
    };
    let found: Vec<usize> = (0..items.len()).filter(could_be).collect();
    // The file may have another task of the same text.
    let among = |at: &usize| {
        let now = LinePosition::of(items, *at);
        (&now.after, &now.before) == (&position.after, &position.before)
    };
    let mut there = found.iter().copied().filter(among);
    match (there.next(), there.next()) {
        (Some(only), None) if words(&items[only].title).eq(words(&held.title)) => vec![only],
        _ => found,
    }
}

/// Whether two titles share half the words of the shorter one.
fn similar(a: &str, b: &str) -> bool {
    let shared = words(a)
        .filter(|word| words(b).any(|other| other == *word))
        .count();
    shared > 0 && shared * 2 >= words(a).count().min(words(b).count())
}

fn words(title: &str) -> impl Iterator<Item = &str> {
    title.split_whitespace()
}
