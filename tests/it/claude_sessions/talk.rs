//! The real program, taking messages while it works, and asking for permissions, at every version.
use super::agent::{begins, named, status, structured, task, works};
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
        assert!(
            was_read(&api, "use the blue one"),
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
        assert!(
            was_read(&api, "use the blue one"),
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

#[test]
fn an_interrupted_turn_is_followed_by_one_that_has_read_the_text() {
    for program in programs() {
        // Nothing makes `go`: only the interruption ends the tool.
        let script = script().every(|_, request| works_until_go(request));
        let Some((api, project)) = session(&program, script, "", Account::ApiKey) else {
            return;
        };
        let running = project.start(API_KEY);
        project.wait_for("at-work");
        let (code, said) = project.ap(&["say", "it", "use the blue one", "--interrupt"]);
        assert_eq!(code, Some(0), "{program}: {said}");
        let (code, shown) = running.end();
        assert_eq!(code, Some(0), "{program}: {shown}");
        assert_eq!(project.events("agent_told").len(), 1, "{program}: {shown}");
        assert_eq!(kinds(&project.outcomes()), ["reported"], "{program}");
        assert!(was_read(&api, "use the blue one"), "{program}");
    }
}

/// What the sub-agent is asked to do.
const ERRAND: &str = "Make the file that was asked for.";

/// Does its task, and lets a sub-agent run what its rules do not allow.
fn sends_a_sub_agent(request: &Request) -> Vec<Turn> {
    let first = json!(request.messages().first()).to_string();
    if first.contains(ERRAND) {
        return vec![turn().bash("touch asked.txt"), turn().text("made")];
    }
    let mut turns = begins(request);
    let task = task(request);
    let errand = json!({
        "description": "make a file", "prompt": ERRAND,
        "subagent_type": "general-purpose", "run_in_background": false,
    });
    turns.extend([
        turn().tool("Agent", errand),
        turn().bash(format!("ap queue close {}", task.0)),
        structured(&task),
        turn().text("done"),
    ]);
    turns
}

#[test]
fn a_sub_agent_asks_for_a_permission_and_gets_it() {
    for program in programs().into_iter().take(1) {
        let script = script().every(|_, request| sends_a_sub_agent(request));
        let Some((_api, project)) = session(&program, script, ASK, Account::ApiKey) else {
            return;
        };
        let running = project.start(API_KEY);
        assert!(
            clock::wait_until(LIMIT, || asks(&project)),
            "{program}: nothing is asked"
        );
        let (code, said) = project.ap(&["approve", "it"]);
        assert_eq!(code, Some(0), "{program}: {said}");
        let (code, shown) = running.end();
        assert_eq!(code, Some(0), "{program}: {shown}");
        assert!(project.root().join("asked.txt").exists(), "{shown}");
    }
}

/// Claims a task and asks about it, in the structured result or in the status file.
fn asks_about_its_task(request: &Request, in_result: bool) -> Vec<Turn> {
    let mut turns = begins(request);
    let mut asking = status(&task(request));
    asking["decision"] = "ask".into();
    asking["question"] = "Which colour?".into();
    turns.push(if in_result {
        turn().structured(asking)
    } else {
        turn().write(named(request, "Status"), asking.to_string())
    });
    turns.push(turn().text("I asked."));
    turns
}

/// Closes its task, and reports that in the structured result.
fn closes_its_task(request: &Request) -> Vec<Turn> {
    let mut turns = begins(request);
    let task = task(request);
    turns.extend([
        turn().bash(format!("ap queue close {}", task.0)),
        structured(&task),
        turn().text("done"),
    ]);
    turns
}

#[test]
fn what_an_agent_asks_is_answered_to_the_next_one() {
    for (index, program) in programs().into_iter().enumerate() {
        // An agent that may not write its status has the structured result for it.
        let in_result = index % 2 == 0;
        let script = script().conversation(move |request| asks_about_its_task(request, in_result));
        let (script, settings) = if in_result {
            (script.conversation(closes_its_task), ASK)
        } else {
            (script.conversation(works), "")
        };
        let Some((api, project)) = session(&program, script, settings, Account::ApiKey) else {
            return;
        };
        let running = project.start(API_KEY);
        running.wait_to_show("Which colour?");
        let asks = || !project.events("question_asked").is_empty();
        assert!(clock::wait_until(LIMIT, asks), "{program}");
        let (code, said) = project.ap(&["answer", "it", "use the blue one"]);
        assert_eq!(code, Some(0), "{program}: {said}");
        let (code, shown) = running.end();
        assert_eq!(code, Some(0), "{program}: {shown}");
        assert_eq!(project.events("question_asked").len(), 1, "{program}");
        assert!(was_read(&api, "use the blue one"), "{program}: {shown}");
        api.assert_clean();
    }
}

/// Whether the model was sent a text.
fn was_read(api: &MockApi, text: &str) -> bool {
    let has_it = |request: &Request| json!(request.messages()).to_string().contains(text);
    api.requests().iter().any(has_it)
}
