//! Formats tasks as text or JSON.
use crate::cli::format::Format;
use crate::model::{Task, TaskState};
use crate::text::shown;
use crate::ui;
use serde::Serialize;

/// Returns a task in full.
pub(super) fn show(task: &Task, format: Format) -> String {
    if format == Format::Json {
        return json(task);
    }
    let mut text = format!("{}\n{}\n", line(task), shown(&state(task)));
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

/// Returns a task's id and title.
pub(super) fn line(task: &Task) -> String {
    shown(&format!(
        "{}  {}",
        task.id,
        task.title.replace(['\n', '\r'], " ")
    ))
}

fn state(task: &Task) -> String {
    match (task.state, &task.owner) {
        (TaskState::Ready, _) => "ready".to_owned(),
        (TaskState::Held, Some(owner)) => format!("held by {owner}"),
        (TaskState::Held, None) => "held".to_owned(),
        (TaskState::Blocked, _) => task
            .why
            .as_ref()
            .map_or_else(|| "blocked".to_owned(), |why| format!("blocked: it {why}")),
        (TaskState::Closed, _) => "closed".to_owned(),
    }
}

/// Returns a value as JSON for stdout.
pub(super) fn json<T: Serialize + ?Sized>(value: &T) -> String {
    ui::json::text(value).expect("text and numbers are always JSON") + "\n"
}
