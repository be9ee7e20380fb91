//! Judges the use of a tool.
use super::field::STAR;
use super::location::Location;
use super::rule::{Block, Rule};
use super::rules::{content, protected, secrets};
use super::scope::Scope;
use super::shell_state::ShellState;
use super::stream::Stream;
use super::walk::Walk;
use serde_json::{Map, Value};

/// A tool and what it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolCall {
    pub name: String,
    pub input: Value,
}

/// Longer commands are not judged, and so not run.
const MAX_COMMAND: usize = 256 * 1024;

/// Returns why a tool may not run, if it may not.
pub fn judge(call: &ToolCall, scope: &Scope<'_>) -> Option<Block> {
    let mut walk = Walk::new(scope);
    let state = ShellState::new(scope.cwd.to_owned(), scope.branch);
    match (call.name.as_str(), &call.input) {
        (_, Value::Object(input)) => tool(&mut walk, &call.name, input, state),
        (name, _) => walk.forbid(Block::new(
            Rule::Judge,
            format!("`{name}` is called with something else than an object"),
            "call it with its parameters",
        )),
    }
    walk.block
}

fn tool(walk: &mut Walk<'_>, name: &str, input: &Map<String, Value>, state: ShellState) {
    match name {
        "Bash" | "Monitor" => bash(walk, input, state),
        "Read" => paths(walk, input, &state, false),
        "Grep" | "Glob" | "LS" | "WebSearch" | "Task" | "Agent" | "Skill" | "TodoWrite"
        | "StructuredOutput"
            if name == "Grep" =>
        {
            paths(walk, input, &state, false);
        }
        "Write" | "Edit" | "MultiEdit" | "NotebookEdit" => {
            paths(walk, input, &state, true);
            written(walk, input);
            boxes(walk, name, input, &state);
        }
        name if name.starts_with("mcp__") => {
            let changes = is_change(name);
            paths(walk, input, &state, changes);
            if changes {
                written(walk, input);
                boxes(walk, name, input, &state);
            }
            if let Some(command) = ["command", "cmd", "script"]
                .iter()
                .find_map(|key| text(input, key))
            {
                walk.script(&command, &mut state.clone(), &Stream::Nothing);
            }
        }
        _ => {}
    }
}

/// Whether the name of a tool of an MCP server does not say that it only reads.
fn is_change(name: &str) -> bool {
    const READS: [&str; 9] = [
        "read", "get", "list", "search", "find", "view", "stat", "info", "fetch",
    ];
    let tool = name
        .rsplit("__")
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let first = tool.split(['_', '-']).next().unwrap_or_default().to_owned();
    !READS.contains(&first.as_str())
}

fn bash(walk: &mut Walk<'_>, input: &Map<String, Value>, mut state: ShellState) {
    let Some(command) = text(input, "command") else {
        return;
    };
    if MAX_COMMAND < command.len() {
        return walk.forbid_unknown("a command of more than 256 KiB");
    }
    walk.script(&command, &mut state, &Stream::Nothing);
}

fn text(input: &Map<String, Value>, key: &str) -> Option<String> {
    input.get(key).and_then(Value::as_str).map(str::to_owned)
}

/// Judges every path that a tool is given.
fn paths(walk: &mut Walk<'_>, input: &Map<String, Value>, state: &ShellState, changes: bool) {
    let mut found = Vec::new();
    for (key, value) in input {
        let key = key.to_ascii_lowercase();
        let is_path = [
            "path",
            "file",
            "source",
            "destination",
            "target",
            "uri",
            "filename",
            "dir",
        ]
        .iter()
        .any(|word| key.contains(word));
        if is_path || key == "glob" {
            collect(value, &mut found);
        }
    }
    for path in found {
        let path = path.strip_prefix("file://").unwrap_or(&path).to_owned();
        let path = match path.strip_prefix("~/") {
            Some(rest) => format!("{}/{rest}", walk.home()),
            None => path,
        };
        let word = super::field::without_marks(&path).replace('*', &STAR.to_string());
        let location = walk.locate(&word, state);
        if !changes
            || walk
                .scope
                .writable
                .iter()
                .all(|own| !location.is_within(own))
        {
            secrets::read(walk, &word, state);
        }
        if changes && let Some(what) = protected::protection(walk, &location).map(str::to_owned) {
            protected::forbid(walk, &path, &what);
        }
    }
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
        Value::Object(map) => {
            for (key, value) in map {
                if key.contains("path") || key.contains("file") {
                    collect(value, found);
                }
            }
        }
        _ => {}
    }
}

/// Judges the texts that a tool writes.
fn written(walk: &mut Walk<'_>, input: &Map<String, Value>) {
    const REPLACED: [&str; 3] = ["old_string", "oldText", "old_str"];
    fn texts(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::String(text) => found.push(text.clone()),
            Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
            Value::Object(map) => {
                for (_, value) in map
                    .iter()
                    .filter(|(key, _)| !REPLACED.contains(&key.as_str()))
                {
                    texts(value, found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    texts(&Value::Object(input.clone()), &mut found);
    if found.iter().any(|text| (walk.scope.has_secret)(text)) {
        walk.forbid(content::forbidden("this text"));
    }
}

/// Judges a change of a file of tasks: its boxes may be ticked, its words may not be changed.
fn boxes(walk: &mut Walk<'_>, name: &str, input: &Map<String, Value>, state: &ShellState) {
    let Some(path) = ["file_path", "path", "notebook_path"]
        .iter()
        .find_map(|key| text(input, key))
    else {
        return;
    };
    let location: Location = walk.locate(&path, state);
    if !walk.scope.task_files.contains(&location.path) {
        return;
    }
    let same = |old: &str, new: &str| without_boxes(old) == without_boxes(new);
    let keeps = match name {
        "Edit" => is_edit_kept(input, &same),
        "MultiEdit" => input
            .get("edits")
            .and_then(Value::as_array)
            .is_some_and(|edits| {
                edits.iter().all(|edit| {
                    edit.as_object()
                        .is_some_and(|edit| is_edit_kept(edit, &same))
                })
            }),
        "Write" => {
            let old = (walk.scope.read)(&location.path);
            let new = text(input, "content");
            match (old, new) {
                (Some(old), Some(new)) => same(&old, &new),
                _ => false,
            }
        }
        _ => false,
    };
    if !keeps {
        protected::words(walk, &path);
    }
}

fn is_edit_kept(edit: &Map<String, Value>, same: &dyn Fn(&str, &str) -> bool) -> bool {
    match (text(edit, "old_string"), text(edit, "new_string")) {
        (Some(old), Some(new)) => same(&old, &new),
        _ => false,
    }
}

/// Returns a text with every box empty.
fn without_boxes(text: &str) -> String {
    ["[x]", "[X]", "[~]", "[-]"]
        .iter()
        .fold(text.trim_end().to_owned(), |text, ticked| {
            text.replace(ticked, "[ ]")
        })
}
