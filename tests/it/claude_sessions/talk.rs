//! The real program, taking messages while it works, and asking for permissions, at every version.
use super::agent::{begins, named, status, structured, task};
use super::project::{Project, Running};
use super::versions::{programs, session};
use super::{API_KEY, LIMIT, RESUME, kinds};
use crate::claude_cli::Account;
use crate::messages_api::{MockApi, Request, Turn, script, turn};
use agent_pipelines::clock;
use serde_json::{Value, json};

const ASK: &str = "permissions: ask\nlimits: { permission: 5m }";

/// Does its task; in between it works until the file `go` is there.
fn works_until_go(request: &Request) -> Vec<Turn> {
    let mut turns = begins(request);
    let task = task(request);
    turns.extend([
        turn().bash("touch at-work; until [ -e go ]; do sleep 0.05; done"),
        turn().bash(format!("ap queue close {}", task.0)),
        turn().write(named(request, "Status"), status(&task).to_string()),
        turn().text("done"),
    ]);
    turns
}

/// Does its task; in between it runs what its rules do not allow.
fn touches(request: &Request) -> Vec<Turn> {
    let mut turns = begins(request);
    let task = task(request);
    turns.extend([
        turn().bash("touch asked.txt"),
        turn().bash(format!("ap queue close {}", task.0)),
        structured(&task),
        turn().text("done"),
    ]);
    turns
}

/// Returns whether the session asks for a permission.
fn asks(project: &Project) -> bool {
    let path = project.root().join(project.run("state.json"));
    let state = fs_err::read(path).unwrap_or_default();
    let state: Value = serde_json::from_slice(&state).unwrap_or_default();
    state["question"]["permission"]["call"] == "touch asked.txt"
}

/// Starts a session and kills its runner while the agent waits for a permission.
fn killed_while_it_asks(program: &camino::Utf8Path, settings: &str) -> Option<(MockApi, Project)> {
    let script = script().every(|_, request| touches(request));
    let (api, project) = session(program, script, settings, Account::ApiKey)?;
    let running = project.start(API_KEY);
    assert!(
        clock::wait_until(LIMIT, || asks(&project)),
        "{program}: nothing is asked"
    );
    running.kill();
    Some((api, project))
}

/// Resumes the session to its end, and returns whether the agent that asked was allowed to.
fn resumed(project: &Project, api: &MockApi) -> bool {
    let resumed: Running<'_> = project.start(RESUME);
    let (code, shown) = resumed.end();
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(kinds(&project.outcomes()), ["reported"], "{shown}");
    assert_eq!(project.events("agent_started").len(), 1, "it was adopted");
    assert_eq!(
        project.json(project.iteration(1, "exit.json"))["limit"],
        Value::Null
    );
    api.assert_clean();
    project.root().join("asked.txt").exists()
}

#[test]
fn an_agent_reads_within_its_turn_what_it_is_told_in_the_middle_of_a_tool_call() {
    for program in programs() {
        let script = script().every(|_, request| works_until_go(request));
        let Some((api, project)) = session(&program, script, "", Account::ApiKey) else {
            return;
        };
        let running = project.start(API_KEY);
        project.wait_for("at-work");
        let (code, said) = project.ap(&["say", "it", "use the blue one"]);
        assert_eq!(code, Some(0), "{program}: {said}");
        assert!(said.contains("The agent has it"), "{program}: {said}");
        project.put("go", "");
        let (code, shown) = running.end();
        assert_eq!(code, Some(0), "{program}: {shown}");
        let told = project.events("agent_told");
        assert_eq!(told.len(), 1, "{program}: {shown}");
        assert_eq!(told[0]["text"], "use the blue one");
        let has_it = |request: &Request| {
            json!(request.messages())
                .to_string()
                .contains("use the blue one")
        };
        assert!(
            api.requests().iter().any(has_it),
            "{program}: the model never saw it"
        );
        assert_eq!(
            project.json(project.iteration(1, "exit.json"))["limit"],
            Value::Null
        );
        api.assert_clean();
    }
}

#[test]
fn a_permission_is_allowed_after_the_runner_was_killed() {
    for program in programs() {
        let Some((api, project)) = killed_while_it_asks(&program, ASK) else {
            return;
        };
        let (code, said) = project.ap(&["approve", "it"]);
        assert_eq!(code, Some(0), "{program}: {said}");
        assert!(resumed(&project, &api), "{program}: it was not allowed");
    }
}

#[test]
fn a_permission_is_denied_with_its_reason_after_the_runner_was_killed() {
    for program in programs() {
        let Some((api, project)) = killed_while_it_asks(&program, ASK) else {
            return;
        };
        project.ap(&["reject", "it", "use the blue one"]);
        assert!(!resumed(&project, &api), "{program}: it was allowed");
        let has_it = |request: &Request| {
            json!(request.messages())
                .to_string()
                .contains("use the blue one")
        };
        assert!(
            api.requests().iter().any(has_it),
            "{program}: the model never saw why"
        );
    }
}

#[test]
fn a_permission_that_is_not_answered_in_time_is_denied_after_the_runner_was_killed() {
    for program in programs() {
        let settings = "permissions: ask\nlimits: { permission: 2s }";
        let Some((api, project)) = killed_while_it_asks(&program, settings) else {
            return;
        };
        assert!(!resumed(&project, &api), "{program}: it was allowed");
        let answers = project.events("question_answered");
        assert!(!answers.is_empty(), "{program}: nothing was answered");
        assert!(
            answers.iter().all(|it| it["by"] == "its time limit"),
            "{program}"
        );
    }
}
