//! The project's session: its task, its state, and its processes.
use super::project::Shown;
use super::section::Section;
use crate::cli::context::Context;
use crate::cli::status::current_task;
use crate::engine::StateView;
use crate::exec::process::{find_tagged, identity};
use crate::model::env_tag;
use crate::text::clean;
use fs_err as fs;
use serde_json::Value;

/// Lines of a task's own file that are shown.
const TASK_LINES: usize = 40;
/// How many processes are shown, and how much of each command line.
const PROCESSES: usize = 20;
const COMMAND: usize = 120;

pub(super) fn task(shown: &Shown, context: &Context) -> Section {
    let mut lines = Vec::new();
    if let Some(snapshot) = shown.snapshot() {
        if let Some(task) = current_task(snapshot, context) {
            lines.push(clean(&task.to_string()));
        }
        let cursor = snapshot.state.current.cursor;
        if 0 < cursor.iteration {
            let (iteration, attempt) = (cursor.iteration, cursor.attempt);
            lines.push(format!("iteration {iteration}, attempt {attempt}"));
        }
    }
    if let Ok(bytes) = fs::read(shown.own("CURRENT_TASK.md")) {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        lines.extend(text.lines().take(TASK_LINES).map(clean));
    }
    Section::new(2, "Current task", lines, "none yet")
}

/// Every fact of the state, but for the history, which is the timeline's.
pub(super) fn state(shown: &Shown) -> Section {
    let mut lines = Vec::new();
    if let Some(snapshot) = shown.snapshot() {
        let view = StateView::new(&snapshot.plan, &snapshot.state);
        if let Ok(Value::Object(fields)) = serde_json::to_value(&view) {
            for (name, value) in fields.iter().filter(|(name, _)| *name != "history") {
                flatten(name, value, &mut lines);
            }
        }
    }
    Section::new(4, "State", lines, "its session has no state")
}

/// Adds `name: value`; what is inside the value follows under longer names.
fn flatten(name: &str, value: &Value, lines: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (inner, value) in fields {
                flatten(&format!("{name}.{inner}"), value, lines);
            }
        }
        Value::Array(all) if all.iter().any(|it| it.is_object() || it.is_array()) => {
            for (index, value) in all.iter().enumerate() {
                flatten(&format!("{name}.{index}"), value, lines);
            }
        }
        Value::String(text) => lines.push(format!("{name}: {}", clean(text))),
        other => lines.push(format!("{name}: {other}")),
    }
}

/// The processes of the session, by their marks.
pub(super) fn processes(shown: &Shown) -> Section {
    let title = "Jobs and processes";
    let Some(snapshot) = shown.snapshot() else {
        return Section::new(9, title, [], "none");
    };
    let run = snapshot.plan.run.as_str();
    let mut lines = Vec::new();
    if let Some(runner) = &snapshot.state.session.runner
        && identity(runner.pid).as_ref() == Some(runner)
    {
        lines.push(format!("{:>7}  runner", runner.pid));
    }
    let jobs = shown.dir.as_ref().map(|dir| dir.root().join("jobs"));
    let jobs = jobs.and_then(|jobs| jobs.read_dir_utf8().ok());
    for job in jobs.into_iter().flatten().flatten() {
        let ended = job.path().join("exit.json");
        let ended = fs::metadata(ended).is_ok_and(|about| 0 < about.len());
        let state = if ended { "ended" } else { "not ended" };
        lines.push(format!("job {}: {state}", job.file_name()));
    }
    let found = find_tagged(env_tag::RUN, run);
    for process in found.iter().take(PROCESSES) {
        let command = fs::read(format!("/proc/{}/cmdline", process.pid)).unwrap_or_default();
        let words: Vec<String> = command
            .split(|byte| *byte == 0)
            .map(|word| clean(&String::from_utf8_lossy(word)))
            .collect();
        let command: String = words.join(" ").chars().take(COMMAND).collect();
        lines.push(format!("{:>7}  {command}", process.pid));
    }
    Section::new(9, title, lines, "none")
}
