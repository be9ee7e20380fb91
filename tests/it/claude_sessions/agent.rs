//! What the model says in an iteration: the work a real one would do, with the tools a real one would use.
use crate::messages_api::{Request, Turn, turn};
use serde_json::{Value, json};

/// Returns what the project's own loop says after `name:`, whatever Claude Code has said since, or the path a built-in
/// loop means by it.
pub(super) fn named(request: &Request, name: &str) -> String {
    let users = request
        .messages()
        .iter()
        .filter(|message| message["role"] == "user");
    let blocks = users
        .filter_map(|message| message["content"].as_array())
        .flatten();
    let mut lines = blocks
        .filter_map(|block| block["text"].as_str())
        .flat_map(str::lines);
    let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    let ending = match name {
        "Context" => "context.json",
        "Status" => "status.json",
        _ => "progress-it.md",
    };
    let path = value.map_or_else(|| request.path(ending), str::to_owned);
    assert!(
        path.starts_with('/'),
        "the prompt names no {name}: {}",
        request.prompt()
    );
    path
}

/// A whole iteration that writes its status where the prompt says.
pub(super) fn works(request: &Request) -> Vec<Turn> {
    let mut turns = begins(request);
    let task = task(request);
    turns.extend([
        writes(request, &task),
        turn().bash(format!(
            "git add -A && git commit -q -m '{}' && git log --oneline | head -1",
            task.1
        )),
        turn().bash(format!(
            "ap queue close {} --reason 'it is written'",
            task.0
        )),
        turn().write(named(request, "Status"), status(&task).to_string()),
        turn().text(format!("I finished {}.", task.1)),
    ]);
    turns
}

/// Reads the context and claims a task.
pub(super) fn begins(request: &Request) -> Vec<Turn> {
    vec![
        turn()
            .text("First I read my context.")
            .tool("Read", json!({ "file_path": named(request, "Context") })),
        turn().bash("ap queue claim --json"),
    ]
}

/// Returns id and title of the claimed task, once there is one.
pub(super) fn task(request: &Request) -> (String, String) {
    let task: Value = serde_json::from_str(&request.tool_result(1)).unwrap_or_default();
    let text = |key: &str| task[key].as_str().unwrap_or_default().to_owned();
    (text("id"), text("title"))
}

/// Writes a file for the task and a line in the progress file.
pub(super) fn writes(request: &Request, task: &(String, String)) -> Turn {
    let context = named(request, "Context");
    let root = context.split("/.claude/").next().unwrap_or_default();
    turn()
        .write(format!("{root}/{}.txt", task.0), format!("{}\n", task.1))
        .bash(format!(
            "echo '- did {}' >> '{}'",
            task.1,
            named(request, "Progress")
        ))
}

pub(super) fn status(task: &(String, String)) -> Value {
    json!({
        "decision": "continue", "reason": "more may be left", "summary": format!("Did {}", task.1),
        "work": { "items_completed": [task.0], "files_touched": [format!("{}.txt", task.0)] }, "errors": [],
    })
}

/// The status as the structured result, for modes in which the file cannot be written.
pub(super) fn structured(task: &(String, String)) -> Turn {
    turn().structured(status(task))
}
