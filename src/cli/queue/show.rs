//! How tasks are shown.
use crate::model::{Census, Task, TaskState, Verdict};
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
pub(super) fn status(name: &str, census: &Census, verdict: &Verdict, json: bool) -> String {
    if json {
        let pairs = |pairs: &[(String, String)], name: &str| {
            pairs
                .iter()
                .map(|(id, it)| json!({ "id": id, name: it }))
                .collect::<Vec<_>>()
        };
        return data(&json!({
            "queue": name, "total": census.total, "closed": census.closed, "ready": census.ready,
            "held": pairs(&census.held, "owner"), "stale": pairs(&census.stale, "owner"), "blocked": pairs(&census.blocked, "why"), "verdict": verdict,
        }));
    }
    let mut text = format!(
        "{}: {} of {} closed, {} ready\n",
        shown(name),
        census.closed,
        census.total,
        census.ready.len()
    );
    text.extend(
        census
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
        census
            .stale
            .iter()
            .map(|(id, owner)| format!("{}  held by {}\n", shown(id), gone(owner))),
    );
    text.extend(
        census
            .blocked
            .iter()
            .map(|(id, why)| format!("{}  {}\n", shown(id), shown(why))),
    );
    text += &format!("{}\n", shown(&capital(&meaning(verdict))));
    text
}

/// Says in a few words what a verdict means.
pub(super) fn meaning(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Done { closed } => format!("every task is closed ({closed})"),
        Verdict::Work { ready, left, .. } => format!("{ready} of the {left} left can be claimed"),
        Verdict::Wait { held, by } => format!(
            "others work on what is left: {}",
            crate::text::held(*held, by)
        ),
        Verdict::ReleaseStale { ids } => format!(
            "what is left is held by agents that are gone ({})",
            ids.len()
        ),
        Verdict::Stalled { left, .. } => format!("everything left is blocked ({left})"),
        Verdict::NoItems { looked_for, next } => {
            format!("there are no tasks; looked for {looked_for}; {next}")
        }
        Verdict::Busy { error } => format!("the queue is busy: {error}"),
        Verdict::Unknown { error } => format!("the queue did not answer: {error}"),
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
