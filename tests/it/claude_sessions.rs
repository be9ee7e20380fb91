//! End to end: `ap` drives the real `claude` over a real repository; only the model is ours.
mod agent;
mod project;

use crate::claude_cli::{ClaudeEnv, claude};
use crate::messages_api::{MockApi, Script, script};
use agent::works;
use project::{LIMIT, Project};
use serde_json::json;

const TASKS: [&str; 3] = ["lay the table", "light the candles", "serve the soup"];
const API_KEY: &[&str] = &["--keep-env"];

/// Prepares a project and the service for it; `None` where the tests do without the program.
fn prepare(script: Script, tasks: &[&str], settings: &str, env: impl FnOnce(ClaudeEnv) -> ClaudeEnv) -> Option<(MockApi, Project)> {
    claude()?;
    let api = MockApi::start(script);
    let project = Project::new(env(ClaudeEnv::new(&api)), tasks, settings);
    Some((api, project))
}

/// All three tasks are done, each once, each by an iteration of its own.
fn all_done(project: &Project) {
    assert_eq!(project.read("backlog.md"), "- [x] lay the table\n- [x] light the candles\n- [x] serve the soup\n");
    assert_eq!(project.git(&["log", "--format=%s"]), "serve the soup\nlight the candles\nlay the table\nThe plan\n");
    let progress = project.read(project.run("progress-it.md"));
    let lines: Vec<&str> = progress.lines().filter(|line| line.starts_with("- did")).collect();
    assert_eq!(lines, ["- did lay the table", "- did light the candles", "- did serve the soup"]);
    let state = project.state();
    assert_eq!((&state["status"], &state["iteration_completed"]), (&json!("complete"), &json!(3)), "{state:#}");
    let summaries: Vec<_> = state["history"].as_array().unwrap().iter().map(|entry| &entry["summary"]).collect();
    assert_eq!(summaries, ["Did lay the table", "Did light the candles", "Did serve the soup"]);
    assert!(project.processes().is_empty(), "nothing is left running");
}

#[test]
fn three_iterations_empty_the_queue() {
    let Some((api, project)) = prepare(script().every(|_, request| works(request)), &TASKS, "", |it| it) else { return };
    let (code, shown) = project.start(API_KEY).end();
    eprintln!("{shown}");
    assert_eq!(code, Some(0), "{shown}");
    all_done(&project);
    api.wait_until(LIMIT, |requests| requests.len() == 21);
}
