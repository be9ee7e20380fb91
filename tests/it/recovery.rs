//! What follows from failures that are not the agent's fault, and what ends a session that fails alike again and again.
use crate::project::{Project, Ran, Running};
use fs_err as fs;
use serde_json::{Value, json};

/// Claude Code's own words for an overloaded service.
const OVERLOADED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/claude/529.jsonl");
const WORKS: &str = "echo '{\"decision\":\"continue\",\"summary\":\"did it\"}' >\"$status\"";
const RUN: [&str; 3] = ["work", "s", "--foreground"];

/// A loop whose waits are short, and whose agent does this.
fn project(loop_yaml: &str, does: &str) -> Project {
    let mut project = Project::new();
    project.set("AP_WAIT_FACTOR", "0.001");
    project.shell_loop("work", loop_yaml, does);
    project
}

/// Returns the classes of the attempts, as the journal has them.
fn classes(project: &Project) -> Vec<Value> {
    let exits = project.events("s", "agent_exited");
    exits
        .into_iter()
        .map(|exit| exit["class"].clone())
        .collect()
}

fn reasons(project: &Project) -> Vec<Value> {
    let waits = project.events("s", "wait_started");
    waits
        .into_iter()
        .map(|wait| wait["reason"]["kind"].clone())
        .collect()
}

fn run(project: &Project) -> Ran {
    project.ap(&RUN)
}

/// Starts the session and waits for this many facts of a kind.
fn start(project: &Project, kind: &str, count: usize) -> Running {
    let runner = project.start(&RUN);
    let journal = project.root().join(project.run_file("s", "events.jsonl"));
    project.until("the journal", || journal.exists());
    project.until_event("s", kind, count);
    runner
}

/// A loop whose agent is Claude Code, as far as this script plays it.
fn claude(loop_yaml: &str, does: &str) -> Project {
    let mut project = Project::new();
    project.set("AP_WAIT_FACTOR", "0.001");
    let agent = project.program(
        "agent.sh",
        &format!("#!/bin/sh\nread -r n; read -r status; cat >/dev/null\n{does}\n"),
    );
    let yaml = format!("provider: claude\nprogram: \"{agent}\"\ndelay: 0\nretries: 0\n{loop_yaml}");
    project.a_loop("work", &yaml, "${ITERATION}\n${STATUS}\n");
    project
}

fn git(project: &Project, args: &[&str]) {
    let done = project.command("git").args(args).status();
    assert!(done.is_ok_and(|status| status.success()), "git {args:?}");
}

#[test]
fn a_missing_program_is_looked_for_and_costs_no_attempt() {
    let project = project(
        "termination: { type: fixed, iterations: 2 }\nretries: 0\n",
        &format!("{WORKS}\n[ $n = 2 ] || mv \"$0\" \"$0.away\""),
    );
    let runner = start(&project, "wait_started", 1);
    let shown = project.status("s");
    assert_eq!(shown["waiting"]["reason"]["requirement"]["kind"], "program");
    let program = shown["waiting"]["reason"]["requirement"]["program"].clone();
    assert!(shown["waiting"]["gives_up_at"].is_string(), "{shown:#}");
    let program = program.as_str().expect("a path");
    fs::rename(format!("{program}.away"), program).expect("the program comes back");
    assert_eq!(runner.ended(), 0);
    assert_eq!(
        classes(&project),
        [Value::Null, json!("environment"), Value::Null]
    );
    assert_eq!(project.history("s").len(), 2);
}

#[test]
fn want_of_memory_is_waited_for_once_per_iteration() {
    let project = project(
        "termination: { type: fixed, iterations: 1 }\nretries: 0\n",
        "echo 'FATAL ERROR: Reached heap limit' >&2; exit 134",
    );
    run(&project).expect(1).says(&["out of memory again"]);
    assert_eq!(classes(&project), ["environment", "crash"]);
    assert_eq!(reasons(&project), ["environment"]);
}

#[test]
fn an_outage_is_waited_for_until_max_outage() {
    let project = claude(
        "termination: { type: fixed, iterations: 1 }\nguardrails: { max_outage: 1 }\n",
        &format!("cat '{OVERLOADED}'; exit 1"),
    );
    run(&project)
        .expect(4)
        .says(&["outage limit reached (1s)", "529 Overloaded", "ap work s"]);
    let classes = classes(&project);
    assert!(1 < classes.len(), "{classes:?}");
    assert!(classes.iter().all(|class| class == "outage"), "{classes:?}");
    let state = project.status("s");
    assert_eq!(state["error"]["limit"]["kind"], "outage");
    assert_eq!(project.history("s").len(), 0, "no iteration was used");
}

#[test]
fn an_outage_is_shown_with_its_next_try_and_continues_at_once() {
    let mut project = claude(
        "termination: { type: fixed, iterations: 1 }\n",
        &format!("[ -e ../well ] || {{ cat '{OVERLOADED}'; exit 1; }}\n{WORKS}"),
    );
    project.set("AP_WAIT_FACTOR", "1");
    let runner = start(&project, "wait_started", 1);
    let shown = project.ap(&["status", "s"]).expect(0).stdout;
    for words in [
        "provider outage: API Error: 529",
        "iteration 1 is tried again",
        "ap continue",
        "the session gives up at",
    ] {
        assert!(shown.contains(words), "{words} is not in\n{shown}");
    }
    let outages = fs::read_to_string(project.outside().join("ap home/state/outages.json"));
    assert!(outages.is_ok_and(|text| text.contains("since")));
    project.program("well", "");
    project.ap(&["continue", "s"]).expect(0);
    assert_eq!(runner.ended(), 0);
    assert_eq!(classes(&project), [json!("outage"), Value::Null]);
    let outages = fs::read_to_string(project.outside().join("ap home/state/outages.json"));
    assert!(outages.is_ok_and(|text| text.contains("over_at")));
}

#[test]
fn attempts_that_crash_alike_end_the_session() {
    let project = project(
        "termination: { type: fixed, iterations: 3 }\nretries: 9\n",
        "echo 'error: cannot read the plan' >&2; exit 3",
    );
    run(&project).expect(4).says(&[
        "the same failure 5 times in a row (crash)",
        "cannot read the plan",
    ]);
    let limit = project.status("s")["error"]["limit"].clone();
    assert_eq!(
        (&limit["kind"], &limit["class"], &limit["max"]),
        (&json!("same_failure"), &json!("crash"), &json!(5))
    );
    assert_eq!(classes(&project).len(), 5);
}

#[test]
fn a_gate_that_says_no_for_the_same_reason_ends_the_session() {
    let project = project(
        "termination: { type: verify, command: \"echo 'two tests fail'; exit 1\", max: 20 }\n",
        &format!("{WORKS}\necho $n >file"),
    );
    run(&project).expect(4).says(&["two tests fail"]);
    let limit = project.status("s")["error"]["limit"].clone();
    assert_eq!(limit["kind"], "same_failure", "{limit}");
    assert!(limit["gate"].is_string(), "{limit}");
    assert_eq!(project.history("s").len(), 5);
}

#[test]
fn a_gate_whose_reason_changes_does_not() {
    let project = project(
        "termination: { type: verify, command: \"echo $(cat file) of 9 pass; exit 1\", max: 7 }\n",
        &format!("{WORKS}\necho $n >file"),
    );
    run(&project)
        .expect(4)
        .says(&["iteration limit reached (7)"]);
}

#[test]
fn a_status_answers_what_changed_why_it_continues_and_what_stops_it() {
    let project = project(
        "termination: { type: fixed, iterations: 3 }\nguardrails: { max_idle_iterations: 4 }\n",
        &format!(
            "{WORKS}\n[ $n = 3 ] && until [ -e ../go ]; do sleep 0.05; done\necho $n >file\ngit add file && git -c user.name=a -c user.email=a@b commit -q -m $n"
        ),
    );
    let who = ["-c", "user.name=a", "-c", "user.email=a@b"];
    git(
        &project,
        &[&who[..], &["commit", "-q", "--allow-empty", "-m", "start"]].concat(),
    );
    let runner = start(&project, "agent_started", 3);
    let shown = project.status("s");
    assert!(
        shown["doing"]
            .as_str()
            .is_some_and(|text| text.contains("at work")),
        "{shown:#}"
    );
    assert_eq!(shown["last_change"]["kind"], "commit");
    assert_eq!(shown["last_change"]["iteration"], 2);
    assert!(shown["continues"].is_string());
    let bound = |key: &str| {
        let bounds = shown["bounds"].as_array().expect("bounds");
        let found = bounds.iter().find(|bound| bound["key"] == key);
        found
            .unwrap_or_else(|| panic!("no {key} in {bounds:#?}"))
            .clone()
    };
    for (key, used, max) in [
        ("termination.max", 2.0, 3.0),
        ("guardrails.max_idle_iterations", 0.0, 4.0),
        ("guardrails.max_same_failures", 0.0, 5.0),
        ("guardrails.max_consecutive_errors", 0.0, 3.0),
    ] {
        assert_eq!(
            (bound(key)["used"].as_f64(), bound(key)["max"].as_f64()),
            (Some(used), Some(max)),
            "{key}"
        );
    }
    for key in [
        "guardrails.max_cost_usd",
        "guardrails.max_runtime_seconds",
        "limits.wall",
        "guardrails.max_outage",
        "guardrails.max_wait",
    ] {
        assert!(
            0.0 < bound(key)["left"].as_f64().unwrap_or_default(),
            "{key}"
        );
    }
    let text = project.ap(&["status", "s"]).expect(0).stdout;
    for words in [
        "Changed",
        "1 commit",
        "Continues",
        "Stops at",
        "max_cost_usd",
    ] {
        assert!(text.contains(words), "{words} is not in\n{text}");
    }
    project.program("go", "");
    assert_eq!(runner.ended(), 0);
    let effects: Vec<Value> = project
        .events("s", "agent_exited")
        .into_iter()
        .map(|exit| exit["effect"].clone())
        .collect();
    let expected = json!({ "commits": 1, "files": 1, "decision": "continue" });
    assert_eq!(effects, [expected.clone(), expected.clone(), expected]);
}

#[test]
fn a_continue_ends_the_waits_of_branches() {
    let project = Project::new();
    let limited = r#"printf '{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","rateLimitType":"five_hour","resetsAt":%s}}\n{"type":"result","subtype":"success","is_error":true,"api_error_status":429,"result":"limit"}\n' $(($(date +%s)+3600))"#;
    let agent = project.program(
        "agent.sh",
        &format!("#!/bin/sh\nread -r n; read -r status; cat >/dev/null\n[ -e ../well ] || {{ {limited}; exit 1; }}\n{WORKS}\n"),
    );
    let yaml = format!(
        "provider: claude\nprogram: \"{agent}\"\ndelay: 0\nretries: 0\ntermination: {{ type: fixed }}\n"
    );
    project.a_loop("step", &yaml, "${ITERATION}\n${STATUS}\n");
    let provider = |id| format!("{{ id: {id}, name: claude, program: \"{agent}\" }}");
    let (one, two) = (provider("one"), provider("two"));
    project.write(
        ".claude/pipelines/duel.yaml",
        &format!(
            "name: duel\ndescription: a test\nnodes:\n  - id: side\n    parallel:\n      providers: [{one}, {two}]\n      stages: [{{ id: think, loop: step, runs: 1 }}]\n"
        ),
    );
    let runner = project.start(&["pipeline", "duel", "s", "--foreground"]);
    for branch in ["one", "two"] {
        let journal = format!("parallel-00-side/providers/{branch}/events.jsonl");
        let journal = project.root().join(project.run_file("s", &journal));
        let waits = || fs::read_to_string(&journal).is_ok_and(|text| text.contains("wait_started"));
        project.until("the wait of a branch", waits);
    }
    project.program("well", "");
    project.ap(&["continue", "s"]).expect(0);
    assert_eq!(runner.ended(), 0);
}

/// A loop that a judge ends; its agent always works.
fn judged(judge: &str) -> Project {
    let mut project = Project::new();
    project.set("AP_WAIT_FACTOR", "0.001");
    let path = project.program(
        "judge",
        &format!("#!/bin/sh\ncat >/dev/null\necho asked >>../asked\n{judge}\n"),
    );
    let termination = format!(
        "termination: {{ type: judge, max: 3, min_iterations: 1, criteria: it works, judge: {{ program: \"{path}\" }} }}\n"
    );
    project.shell_loop("work", &termination, WORKS);
    project
}

fn asked(project: &Project) -> usize {
    let asked = fs::read_to_string(project.outside().join("asked"));
    asked.map_or(0, |text| text.lines().count())
}

/// A judge that is sure.
const SURE: &str = r#"echo '{"type":"result","subtype":"success","is_error":false,"result":"{\"stop\":true,\"confidence\":0.9,\"reason\":\"it works\"}"}'"#;

#[test]
fn a_judge_that_meets_an_outage_is_asked_again_after_the_waits_of_agents() {
    let fails = "[ \"$(wc -l <../asked)\" -gt 8 ] ||";
    let project = judged(&format!(
        "{fails} {{ cat '{OVERLOADED}'; exit 1; }}\n{SURE}"
    ));
    run(&project)
        .expect(0)
        .says(&["`judge` reports that it is done: it works"]);
    assert_eq!(project.history("s"), [1], "no iteration more");
    assert!(3 < reasons(&project).len(), "{:?}", reasons(&project));
    assert!(reasons(&project).iter().all(|kind| kind == "outage"));
    assert!(9 <= asked(&project));
}

#[test]
fn a_judge_that_is_not_logged_in_ends_the_session_with_its_hint() {
    let project = judged(
        r#"echo '{"type":"result","subtype":"success","is_error":true,"api_error_status":401,"result":"Failed to authenticate. API Error: 401"}'; exit 1"#,
    );
    run(&project).expect(1).says(&["log in"]);
    assert_eq!(project.history("s"), [1]);
}

#[test]
fn an_outage_of_the_judge_ends_the_session_after_max_outage() {
    let project = judged(&format!("cat '{OVERLOADED}'; exit 1"));
    let path = ".claude/loops/work/loop.yaml";
    let yaml = project.read(path) + "guardrails: { max_outage: 1 }\n";
    project.write(path, &yaml);
    run(&project).expect(4).says(&["outage limit reached (1s)"]);
    assert_eq!(project.history("s"), [1], "no iteration was used");
}
