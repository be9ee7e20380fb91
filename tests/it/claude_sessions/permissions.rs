//! What agents may do: each permission mode on the real program, and agents that may do too little.
use super::agent::{begins, named, status, structured, task, writes};
use super::{API_KEY, ONE, kinds, prepare, progress};
use crate::messages_api::{script, turn};
use serde_json::json;

/// The status reaches us and the work of the mode is done; `edits` is whether the mode lets it edit the project.
fn in_mode(mode: &str, edits: bool) {
    let script = script().conversation(|request| {
        let mut turns = begins(request);
        let (task, progress) = (task(request), named(request, "Progress"));
        turns.extend([
            turn().tool("Read", json!({ "file_path": progress })),
            turn().tool("Edit", json!({ "file_path": progress, "old_string": "\n---\n", "new_string": "\n---\n- did edit\n" })),
            writes(request, &task),
            turn().bash(format!("ap queue close {}", task.0)),
        ]);
        if request.tools().contains(&"StructuredOutput") {
            turns.push(structured(&task));
        } else {
            turns.push(turn().write(named(request, "Status"), status(&task).to_string()));
            turns.push(turn().text("done"));
        }
        turns
    });
    let settings = format!("permissions: {mode}");
    let Some((api, project)) = prepare(script, &ONE, &settings, |it| it) else {
        return;
    };
    let (code, shown) = project.start(API_KEY).end();
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(kinds(&project.outcomes()), ["reported"], "{shown}");
    let status = project.json(project.iteration(1, "status.json"));
    assert_eq!(
        (&status["decision"], &status["summary"]),
        (&json!("continue"), &json!("Did lay the table")),
        "{shown}"
    );
    assert_eq!(project.read("backlog.md"), "- [x] lay the table\n");
    // In plan mode the progress file is out of reach of the editing tools, but not of the shell.
    let expected: &[&str] = if mode == "plan" {
        &["- did lay the table"]
    } else {
        &["- did edit", "- did lay the table"]
    };
    assert_eq!(progress(&project), expected, "{shown}");
    let last = api.requests().pop().expect("something was asked");
    let made = project
        .root()
        .join(format!("{}.txt", task(&last).0))
        .exists();
    assert_eq!(made, edits, "{shown}");
    assert!(
        !project
            .git(&["status", "--porcelain"])
            .contains(".agent-pipelines")
    );
}

#[test]
fn the_status_comes_back_under_bypass_permissions() {
    in_mode("bypassPermissions", true);
}

#[test]
fn the_status_comes_back_under_accept_edits() {
    in_mode("acceptEdits", true);
}

#[test]
fn the_status_comes_back_under_dont_ask() {
    in_mode("dontAsk", false);
}

#[test]
fn the_status_comes_back_under_default() {
    in_mode("default", false);
}

#[test]
fn the_status_comes_back_under_plan() {
    in_mode("plan", false);
}

#[test]
fn the_status_comes_back_under_auto() {
    in_mode("auto", true);
}

#[test]
fn an_agent_that_was_permitted_nothing_ends_the_session_with_the_rule_to_add() {
    let script = script().conversation(|request| {
        let task = ("t".to_owned(), "it".to_owned());
        vec![writes(request, &task), turn().text("I was not allowed to.")]
    });
    let deny = json!({ "permissions": { "deny": ["Write", "Bash"] } }).to_string();
    let settings = format!("args: [--settings, '{deny}']");
    let Some((_api, project)) = prepare(script, &ONE, &settings, |it| it) else {
        return;
    };
    let (code, shown) = project.start(API_KEY).end();
    assert_eq!(code, Some(1), "{shown}");
    assert_eq!(kinds(&project.outcomes()), ["refused"]);
    assert!(shown.contains("not permitted: Bash, Write"), "{shown}");
    assert!(
        shown.contains("a deny rule or a PreToolUse hook in your Claude settings forbids it"),
        "{shown}"
    );
}

#[test]
fn an_agent_that_was_not_permitted_its_tools_names_the_rule_to_add() {
    let script = script().conversation(|request| {
        let task = ("t".to_owned(), "it".to_owned());
        let mut turns = vec![writes(request, &task)];
        turns.extend((0..20).map(|_| turn().text("I was not allowed to.")));
        turns
    });
    let Some((_api, project)) = prepare(script, &ONE, "permissions: dontAsk", |it| it) else {
        return;
    };
    let (code, shown) = project.start(API_KEY).end();
    assert_eq!(code, Some(1), "{shown}");
    assert_eq!(kinds(&project.outcomes()), ["refused"]);
    assert!(
        shown.contains(
            "the permission mode is `dontAsk`: allow it with `args: [--allowedTools, \"Write\"]`"
        ),
        "{shown}"
    );
}

#[test]
fn the_rule_to_add_is_enough() {
    let script = script().conversation(|request| {
        let mut turns = begins(request);
        let task = task(request);
        turns.extend([
            writes(request, &task),
            turn().bash(format!("ap queue close {}", task.0)),
            structured(&task),
        ]);
        turns
    });
    let Some((_api, project)) = prepare(
        script,
        &ONE,
        "permissions: dontAsk\nargs: [--allowedTools, \"Write\"]",
        |it| it,
    ) else {
        return;
    };
    let (code, shown) = project.start(API_KEY).end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(!shown.contains("not permitted"), "{shown}");
}
