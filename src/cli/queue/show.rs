//! How tasks are shown.
use crate::model::{QueueCounts, QueueStatus, Task, TaskState};
use crate::text::shown;
use serde::Serialize;
use serde_json::json;

/// Shows a task in full.
pub(super) fn task(task: &Task, json: bool) -> String {
    if json {
        return data(task);
    }
    let mut text = format!("{}\n", line(task));
    let state = match (task.state, &task.owner) {
        (TaskState::Ready, _) => "ready".to_owned(),
        (TaskState::Held, Some(owner)) => format!("held by {owner}"),
        (TaskState::Held, None) => "held".to_owned(),
        (TaskState::Blocked, _) => task
            .why
            .as_ref()
            .map_or_else(|| "blocked".to_owned(), |why| format!("blocked: it {why}")),
        (TaskState::Closed, _) => "closed".to_owned(),
    };
    text += &format!("{}\n", shown(&state));
    if !task.body.is_empty() {
        text += &format!("\n{}\n", shown(&task.body));
    }
    if !task.acceptance.is_empty() {
        text += "\nAcceptance:\n";
        text.extend(
            task.acceptance
                .iter()
                .map(|criterion| format!("- {}\n", shown(criterion))),
        );
    }
    text
}

/// Shows tasks, one a line.
pub(super) fn tasks(tasks: &[Task], json: bool) -> String {
    if json {
        data(tasks)
    } else {
        tasks.iter().map(|task| line(task) + "\n").collect()
    }
}

fn line(task: &Task) -> String {
    shown(&format!(
        "{}  {}",
        task.id,
        task.title.replace(['\n', '\r'], " ")
    ))
}

/// Shows that a task was given back.
pub(super) fn released(id: &str, parked: bool, json: bool) -> String {
    match (json, parked) {
        (true, _) => data(&json!({ "id": id, "released": true, "parked": parked })),
        (false, true) => format!(
            "released {}, and parked it: it has failed too often\n",
            shown(id)
        ),
        (false, false) => format!("released {}\n", shown(id)),
    }
}

/// Shows which tasks got a label.
pub(super) fn labelled(ids: &[String], label: &str, json: bool) -> String {
    if json {
        return data(&json!({ "label": label, "labelled": ids }));
    }
    ids.iter()
        .map(|id| format!("{}  {}\n", shown(id), shown(label)))
        .collect()
}

/// Shows that a task was closed.
pub(super) fn done(id: &str, what: &str, json: bool) -> String {
    if json {
        data(&json!({ "id": id, what: true }))
    } else {
        format!("{what} {}\n", shown(id))
    }
}

/// Shows the count and what it means.
pub(super) fn status(name: &str, counts: &QueueCounts, status: &QueueStatus, json: bool) -> String {
    if json {
        let pairs = |pairs: &[(String, String)], name: &str| {
            pairs
                .iter()
                .map(|(id, it)| json!({ "id": id, name: it }))
                .collect::<Vec<_>>()
        };
        return data(&json!({
            "queue": name, "total": counts.total, "closed": counts.closed, "ready": counts.ready,
            "held": pairs(&counts.held, "owner"), "stale": pairs(&counts.stale, "owner"), "blocked": pairs(&counts.blocked, "why"), "verdict": status,
        }));
    }
    let mut text = format!(
        "{}: {} of {} closed, {} ready\n",
        shown(name),
        counts.closed,
        counts.total,
        counts.ready.len()
    );
    text.extend(
        counts
            .held
            .iter()
            .map(|(id, owner)| format!("{}  held by {}\n", shown(id), shown(owner))),
    );
    let gone = |owner: &str| {
        if owner.is_empty() {
            "nobody".to_owned()
        } else {
            format!("{}, which is gone", shown(owner))
        }
    };
    text.extend(
        counts
            .stale
            .iter()
            .map(|(id, owner)| format!("{}  held by {}\n", shown(id), gone(owner))),
    );
    text.extend(
        counts
            .blocked
            .iter()
            .map(|(id, why)| format!("{}  {}\n", shown(id), shown(why))),
    );
    text += &format!("{}\n", shown(&capital(&meaning(status))));
    text
}

/// Says in a few words what a status means.
pub(super) fn meaning(status: &QueueStatus) -> String {
    match status {
        QueueStatus::Done { closed } => format!("every task is closed ({closed})"),
        QueueStatus::Work { ready, left, .. } => {
            format!("{ready} of the {left} left can be claimed")
        }
        QueueStatus::Wait { held, by } => format!(
            "others work on what is left: {}",
            crate::text::held(*held, by)
        ),
        QueueStatus::ReleaseStale { ids } => format!(
            "what is left is held by agents that are gone ({})",
            ids.len()
        ),
        QueueStatus::Stalled { left, .. } => format!("everything left is blocked ({left})"),
        QueueStatus::NoItems { looked_for, next } => {
            format!("there are no tasks; looked for {looked_for}; {next}")
        }
        QueueStatus::Busy { error } => format!("the queue is busy: {error}"),
        QueueStatus::Unknown { error } => format!("the queue did not answer: {error}"),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

fn data<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("text and numbers are always JSON") + "\n"
}
