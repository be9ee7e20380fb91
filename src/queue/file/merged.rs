//! Merges the task file with the claims file.
use super::format::{Item, Mark};
use super::tasks::{MARKED_BY_HAND, Tasks, find};
use crate::model::{QueueCounts, Task, TaskState as State};
use crate::queue::claims::Claims;
use crate::queue::owner::Owner;

/// Chooses the task to claim: the one that the agent holds, else the first ready one.
pub(super) fn choose<'a>(items: &'a [Item], claims: &Claims, owner: &Owner) -> Option<&'a Item> {
    let own =
        |item: &&Item| item.mark != Mark::Closed && claims.owner(&item.id).as_ref() == Some(owner);
    let held = matches!(owner, Owner::Agent { .. })
        .then(|| items.iter().find(own))
        .flatten();
    held.or_else(|| {
        items
            .iter()
            .find(|item| state(item, claims) == State::Ready)
    })
}

pub(super) fn state(item: &Item, claims: &Claims) -> State {
    match &item.mark {
        Mark::Closed => State::Closed,
        _ if claims.of(&item.id).is_some() => State::Held,
        Mark::Begun => State::Held,
        Mark::Blocked(_) => State::Blocked,
        Mark::Open if claims.parked(&item.id).is_some() => State::Blocked,
        Mark::Open => State::Ready,
    }
}

pub(super) fn task(item: &Item, claims: &Claims) -> Task {
    let state = state(item, claims);
    let Item {
        id,
        title,
        body,
        acceptance,
        priority,
        ..
    } = item.clone();
    let holder = || {
        claims
            .of(&id)
            .map_or_else(|| MARKED_BY_HAND.to_owned(), |held| held.owner.clone())
    };
    let owner = (state == State::Held).then(holder);
    let why = match (&item.mark, state) {
        (Mark::Blocked(why), State::Blocked) => Some(why.clone()),
        (_, State::Blocked) => claims.parked(&id).cloned(),
        (_, State::Ready | State::Held | State::Closed) => None,
    };
    Task {
        id,
        title,
        body,
        acceptance,
        priority,
        state,
        owner,
        why,
    }
}

pub(super) fn count(tasks: &Tasks, claims: &Claims, alive: &dyn Fn(&Owner) -> bool) -> QueueCounts {
    let mut counts = QueueCounts::default();
    let claimed = |counts: &mut QueueCounts, id: &str, holder: &str| match Owner::read(holder) {
        owner @ Owner::Agent { .. } if !alive(&owner) => {
            counts.stale.push((id.to_owned(), holder.to_owned()));
        }
        Owner::Agent { .. } | Owner::Other(_) => {
            counts.held.push((id.to_owned(), holder.to_owned()));
        }
    };
    // A deleted line does not close its task.
    for (id, held) in tasks
        .gone
        .iter()
        .filter_map(|id| claims.of(id).map(|held| (id, held)))
    {
        counts.total += 1;
        claimed(&mut counts, id, &held.owner);
    }
    for (id, title) in claims
        .missing()
        .iter()
        .filter(|(id, _)| find(&tasks.items, id).is_none())
    {
        counts.total += 1;
        let close = format!("`ap queue close {id} --file '{}'`", tasks.file);
        let why = format!(
            "“{title}” is no longer in the file and was not closed: put it back, or {close}"
        );
        counts.blocked.push((id.clone(), why));
    }
    for item in &tasks.items {
        counts.total += 1;
        let id = item.id.clone();
        match (&item.mark, claims.of(&item.id)) {
            (Mark::Closed, _) => counts.closed += 1,
            (_, Some(held)) => claimed(&mut counts, &id, &held.owner),
            (Mark::Begun, None) => counts.held.push((id, MARKED_BY_HAND.to_owned())),
            (Mark::Blocked(why), None) => counts.blocked.push((id, why.clone())),
            (Mark::Open, None) => match claims.parked(&id) {
                Some(why) => counts.blocked.push((id, why.clone())),
                None => counts.ready.push(id),
            },
        }
    }
    counts
}
