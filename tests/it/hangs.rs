//! Agents that hang in each way: noticed at its own limit and told apart; and agents that are alive though they are silent.
use crate::project::Project;
use serde_json::Value;

const FOREGROUND: [&str; 3] = ["work", "s", "--foreground"];
const ONCE: &str = "termination: { type: fixed, max: 1 }\nretries: 0\nprovider: claude\n";
/// The first lines of every agent: it reads its prompt and tells its session.
const BEGIN: &str = r#"#!/bin/bash
status=$(sed -n 's/^STATUS //p')
say() { printf '%s\n' "$1"; }
session=s-$$
init() { say "{\"type\":\"system\",\"subtype\":\"init\",\"session_id\":\"$session\"}"; }
tool() { say "{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"tool_use\",\"id\":\"t$1\",\"name\":\"Bash\",\"input\":{\"command\":\"$2\"}}]}}"; }
answer() { say "{\"type\":\"user\",\"message\":{\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t$1\",\"content\":\"ok\"}]}}"; }
result() { echo '{"decision": "continue"}' >"$status"; say '{"type":"result","subtype":"success","is_error":false,"result":"done"}'; }
"#;

/// Runs one attempt of an agent with these limits, and returns its `agent_exited`.
fn attempt(limits: &str, script: &str, code: i32) -> (Project, Value) {
    let project = Project::new();
    let agent = project.program("claude", &format!("{BEGIN}{script}\n"));
    let yaml = format!("{ONCE}program: \"{agent}\"\nlimits: {limits}\n");
    project.a_loop("work", &yaml, "STATUS ${STATUS}\n");
    project.ap(&FOREGROUND).expect(code);
    project.nothing_left();
    let exited = project.events("s", "agent_exited");
    assert_eq!(exited.len(), 1, "{exited:?}");
    let exited = exited[0].clone();
    (project, exited)
}

/// Fails the test unless the agent is ended for this kind of hang, in the journal and in `exit.json`.
#[track_caller]
fn hangs(kind: &str, limits: &str, script: &str) {
    let (project, exited) = attempt(limits, script, 1);
    assert_eq!(exited["outcome"]["kind"], "timed_out", "{exited}");
    assert_eq!(exited["outcome"]["limit"], kind, "{exited}");
    let exit = exit(&project);
    assert_eq!(
        (&exit["limit"], &exit["scope"]),
        (&kind.into(), &"empty".into())
    );
    assert_eq!(exited["processes"]["scope"], "empty");
}

fn exit(project: &Project) -> Value {
    let path = project.run_file("s", "stage-00-work/iterations/001/exit.json");
    serde_json::from_str(&project.read(&path)).expect("exit.json")
}

/// Fails the test unless the agent reports although it is silent for longer than its limit.
#[track_caller]
fn is_alive(limits: &str, script: &str) -> Value {
    let (_, exited) = attempt(limits, script, 0);
    assert_eq!(exited["outcome"]["kind"], "reported", "{exited}");
    exited
}

#[test]
fn an_agent_that_prints_nothing_hangs_at_its_start() {
    hangs("start", "{ start: 2s }", "exec sleep 300");
}

#[test]
fn an_agent_without_a_sign_of_life_is_idle() {
    hangs("idle", "{ idle: 2s, start: 0 }", "init; exec sleep 300");
}

#[test]
fn an_agent_that_does_nothing_after_a_tool_answered_hangs() {
    let script = "init; tool 1 ls; answer 1; exec sleep 300";
    hangs("after-tool", "{ after_tool: 2s }", script);
}

#[test]
fn an_agent_that_runs_longer_than_it_may_is_ended() {
    let script = "init; while :; do say '{\"type\":\"x\"}'; sleep 0.2; done";
    hangs("wall", "{ wall: 2s }", script);
}

#[test]
fn a_tool_that_does_not_end_although_it_was_ended_ends_its_agent() {
    // The tool is in the agent itself: there is no process to end.
    hangs(
        "tool",
        "{ tool: 2s, idle: 0 }",
        "init; tool 1 fetch; exec sleep 300",
    );
}

#[test]
fn a_tool_that_hangs_is_ended_and_its_agent_continues() {
    let script = r#"
init
sleep 300 & server=$!
sleep 3
tool 1 "cargo test"
setsid bash -c 'trap "" INT TERM; sleep 300 & wait' &
wait $!
kill -0 $server && echo lives >../server
answer 1
result
"#;
    let (project, exited) = attempt("{ tool: 2s }", script, 0);
    assert_eq!(exited["outcome"]["kind"], "reported", "{exited}");
    let tools = &exited["processes"]["ended_tools"];
    assert_eq!(tools[0]["command"], "cargo test", "{exited}");
    assert_eq!(exit(&project)["ended_tools"], *tools);
    let server = project.outside().join("server");
    assert_eq!(
        fs_err::read_to_string(server).expect("it was asked"),
        "lives\n"
    );
    project
        .ap(&["logs", "s"])
        .expect(0)
        .says(&["ended `cargo test`, which ran for"]);
}

#[test]
fn finished_work_is_reported_whatever_ended_its_process() {
    // Our own signal ends it.
    for script in [
        "trap '' INT; init; result; while :; do sleep 0.1; done",
        "init; result; kill -9 $$",
        "init; result; exit 3",
    ] {
        let exited = is_alive("{ after_result: 2s }", script);
        let hang = script.contains("trap").then_some("after-result");
        assert_eq!(exited["processes"]["hang"].as_str(), hang, "{exited}");
    }
}

#[test]
fn a_question_that_only_you_can_answer_ends_the_agent_at_once_with_its_hint() {
    let screens = [
        (
            "Quick safety check: Is this a project you created or one you trust? (Like your own code)",
            "run `claude` once in this folder",
        ),
        ("Select login method:", "claude setup-token"),
    ];
    for (screen, hint) in screens {
        let project = Project::new();
        let agent = project.program(
            "claude",
            &format!("{BEGIN}printf '\\033[1m%s\\n❯ 1. ' '{screen}'; exec sleep 300\n"),
        );
        let yaml = format!("{ONCE}program: \"{agent}\"\n");
        project.a_loop("work", &yaml, "STATUS ${STATUS}\n");
        project.ap(&FOREGROUND).expect(1).says(&[hint]);
        project.nothing_left();
        let exited = project.events("s", "agent_exited");
        assert_eq!(exited.len(), 1, "it is not tried again");
        assert_eq!(exited[0]["outcome"]["class"], "refused", "{exited:?}");
        assert_eq!(exit(&project)["limit"], "prompt");
    }
}

#[test]
fn an_agent_that_only_writes_its_transcript_is_alive() {
    let script = r#"
folder="$CLAUDE_CONFIG_DIR/projects/$(pwd | tr '/.' '--')"
mkdir -p "$folder"
init
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo '{}' >>"$folder/$session.jsonl"; sleep 0.4; done
result
"#;
    let config = "export CLAUDE_CONFIG_DIR=$HOME/.claude\n";
    is_alive("{ idle: 3s }", &format!("{config}{script}"));
}

#[test]
fn an_agent_that_only_computes_is_alive() {
    let script = "init; end=$((SECONDS + 5)); while [ $SECONDS -lt $end ]; do :; done; result";
    is_alive("{ idle: 2s }", script);
}

#[test]
fn an_agent_that_mentions_a_question_is_alive() {
    let script = r#"
init
say '{"type":"assistant","message":{"content":[{"type":"text","text":"Select login method"}]}}'
sleep 3
result
"#;
    is_alive("{ prompt: 1s }", script);
}
