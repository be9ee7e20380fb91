//! Guardrails on the real program: they refuse what an agent must not do, beside the hooks that are there, and the agent
//! continues.
use super::agent::{begins, named, status, task, writes};
use super::{API_KEY, ONE, kinds, prepare};
use crate::messages_api::{script, turn};
use serde_json::json;

#[test]
fn a_refused_tool_is_told_to_the_agent_which_continues() {
    let script = script().conversation(|request| {
        let mut turns = begins(request);
        let task = task(request);
        turns.extend([
            turn().bash("touch pushed && git push -fu origin main"),
            turn().write(
                format!("{}/.claude/settings.json", root(&named(request, "Context"))),
                "{}",
            ),
            writes(request, &task),
            turn().bash(format!("ap queue close {}", task.0)),
            turn().write(named(request, "Status"), status(&task).to_string()),
            turn().text("done"),
        ]);
        turns
    });
    // A hook of the user's own, in the settings that the definition passes.
    let own = json!({ "hooks": { "PreToolUse": [{ "matcher": "Bash", "hooks": [
        { "type": "command", "command": "echo asked >> own-hook.log" }] }] } });
    let settings = format!("args: [--settings, '{own}']");
    let Some((api, project)) = prepare(script, &ONE, &settings, |it| it) else {
        return;
    };
    let (code, shown) = project.start(API_KEY).end();
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(kinds(&project.outcomes()), ["reported"], "{shown}");
    assert!(!project.root().join("pushed").exists(), "{shown}");
    assert!(!project.root().join(".claude/settings.json").exists());
    assert!(project.read("own-hook.log").lines().count() >= 3, "{shown}");
    let last = api.requests().pop().expect("something was asked");
    let told = last.tool_result(2);
    assert!(told.contains("push a branch of your own"), "{told}");
    let stdout = project.read(project.iteration(1, "stdout.log"));
    let mut result = stdout
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let result = result
        .rfind(|event| event["type"] == "result")
        .expect("a result");
    let denied = result["permission_denials"].as_array().expect("denials");
    let tools: Vec<&str> = denied
        .iter()
        .filter_map(|denial| denial["tool_name"].as_str())
        .collect();
    assert_eq!(tools, ["Bash", "Write"], "{result}");
}

fn root(context: &str) -> &str {
    context.split("/.claude/").next().unwrap_or_default()
}
