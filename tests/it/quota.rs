//! The quota, as sessions share it: what one sees holds the others, your policy is kept, and you are shown why.
mod asking;

use crate::project::Project;
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::Stdio;

const WORKS: &str = "echo '{\"decision\":\"continue\",\"summary\":\"did it\"}' >\"$status\"";

/// Prints an event of Claude Code about its two windows: `report STATUS USED`; the first resets in an hour.
const REPORT: &str = r#"report() {
  now=$(date +%s)
  printf '{"type":"rate_limit_event","rate_limit_info":{"status":"%s","resetsAt":%s,"rateLimitType":"five_hour","utilization":%s,"unifiedWindows":{"five_hour":{"utilization":%s,"resetsAt":%s},"seven_day":{"utilization":0.1,"resetsAt":%s,"status":"allowed"}}}}\n' "$1" $((now+3600)) "$2" "$2" $((now+3600)) $((now+86400))
}"#;
const REJECTED: &str = r#"printf '{"type":"result","subtype":"success","is_error":true,"api_error_status":429,"result":"You have hit your limit"}\n'; exit 1"#;

/// A project whose agent is Claude Code with a login, as far as this script plays it.
fn project(loop_yaml: &str, does: &str) -> Project {
    let mut project = Project::new();
    project.set("AP_WAIT_FACTOR", "0.001");
    let agent = project.program(
        "agent.sh",
        &format!("#!/bin/sh\nread -r n; read -r status; cat >/dev/null\n{REPORT}\n{does}\n"),
    );
    let yaml = format!("provider: claude\nprogram: \"{agent}\"\ndelay: 0\nretries: 0\n{loop_yaml}");
    project.a_loop("work", &yaml, "${ITERATION}\n${STATUS}\n");
    project
}

fn settings(project: &Project, quota: &str) {
    project.write("../ap home/config/config.yaml", quota);
}

fn quota(project: &Project) -> Value {
    let shown = project.ap(&["quota", "--json"]).expect(0).stdout;
    serde_json::from_str(&shown).expect("JSON")
}

fn run(session: &str) -> [&str; 3] {
    ["work", session, "--foreground"]
}

/// Sends a payload to `ap hook statusline` and returns what it prints.
fn status_line(project: &Project, payload: &str) -> String {
    let mut command = project.ap_command(&["hook", "statusline"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("ap starts");
    let mut stdin = child.stdin.take().expect("its input");
    stdin.write_all(payload.as_bytes()).expect("a payload");
    drop(stdin);
    let output = child.wait_with_output().expect("its output");
    assert!(output.status.success(), "a status line never fails");
    String::from_utf8(output.stdout).expect("text")
}

fn seconds_from_now(seconds: i64) -> i64 {
    agent_pipelines::clock::now().as_second() + seconds
}

fn payload(five_hour: f64, seven_day: f64) -> String {
    json!({
        "session_name": "mine",
        "rate_limits": {
            "five_hour": { "used_percentage": five_hour, "resets_at": seconds_from_now(3600) },
            "seven_day": { "used_percentage": seven_day, "resets_at": seconds_from_now(400_000) },
        },
    })
    .to_string()
}

#[test]
fn a_rejection_of_one_session_holds_another_before_it_spends_an_attempt() {
    let project = project(
        "termination: { type: fixed, iterations: 1 }\n",
        &format!(
            "[ -e ../well ] || {{ report rejected 1; {REJECTED}; }}\nreport allowed 0.5\n{WORKS}"
        ),
    );
    let first = project.start(&run("first"));
    project.until_event("first", "wait_started", 1);
    let second = project.start(&run("second"));
    project.until_event("second", "wait_started", 1);
    assert_eq!(project.events("second", "iteration_started").len(), 0);
    let wait = &project.events("second", "wait_started")[0]["reason"];
    assert_eq!(wait["kind"], "quota", "{wait}");
    let reason = wait["reason"].as_str().expect("a sentence");
    assert!(reason.contains("the provider rejects requests"), "{reason}");
    let read = &project.events("second", "quota_read")[0];
    assert_eq!(read["decision"]["decision"], "hold", "{read}");
    let shown = project.ap(&["status", "second"]).expect(0).stdout;
    assert!(shown.contains("at once with `ap continue`"), "{shown}");
    let held = quota(&project)["held"].clone();
    assert_eq!(held.as_array().map(Vec::len), Some(2), "{held:#}");
    // One that continues at once is served, which ends the rejection for all.
    project.program("well", "");
    project.ap(&["continue", "second"]).expect(0);
    assert_eq!(second.ended(), 0);
    assert_eq!(quota(&project)["held"].as_array().map(Vec::len), Some(1));
    project.ap(&["continue", "first"]).expect(0);
    assert_eq!(first.ended(), 0);
}

#[test]
fn of_twenty_sessions_at_work_one_is_rejected_and_the_others_hold_without_an_attempt() {
    let mut project = project(
        "termination: { type: fixed, iterations: 2 }\n",
        &format!(
            "echo x >>../begun\nif [ \"$n\" = 2 ]; then report rejected 1; {REJECTED}; fi\nuntil [ -e ../go-$CLAUDE_PIPELINE_SESSION ] || [ -e ../go ]; do sleep 0.02; done\n{WORKS}"
        ),
    );
    project.set("AP_WAIT_FACTOR", "1");
    let names: Vec<String> = (1..=20).map(|number| format!("s{number:02}")).collect();
    let runners: Vec<_> = names.iter().map(|name| project.start(&run(name))).collect();
    let begun = || {
        let begun = fs_err::read_to_string(project.root().join("../begun"));
        begun.map_or(0, |text| text.lines().count())
    };
    project.until("all to work", || begun() == names.len());
    project.program("go-s01", "");
    project.until_event("s01", "wait_started", 1);
    project.program("go", "");
    let ends: std::collections::BTreeSet<String> = names
        .iter()
        .map(|name| {
            project.until_event(name, "wait_started", 1);
            project.events(name, "wait_started")[0]["until"].to_string()
        })
        .collect();
    assert_eq!(begun(), names.len() + 1, "one attempt was spent on it");
    assert!(names.len() / 2 < ends.len(), "not all at once: {ends:?}");
    for name in &names {
        project.ap(&["stop", name]).expect(0);
    }
    for runner in runners {
        runner.ended();
    }
}

#[test]
fn a_session_is_held_by_your_policy_and_continues_when_more_may_be_used() {
    let project = project(
        "termination: { type: fixed, iterations: 2 }\n",
        &format!("report allowed 0.6\n{WORKS}"),
    );
    settings(&project, "quota: {five_hour: {hold: 50%}}\n");
    let runner = project.start(&run("s"));
    project.until_event("s", "wait_started", 1);
    assert_eq!(project.history("s").len(), 1);
    let waiting = project.status("s")["waiting"]["for"].clone();
    let reason = waiting.as_str().expect("a sentence");
    assert!(
        reason.contains("60 % of the 5-hour window is used, 50 % may be (`hold: 50%`)"),
        "{reason}"
    );
    let shown = project.ap(&["quota"]).expect(0).stdout;
    assert!(
        shown.contains("60 % of the 5-hour window is used"),
        "{shown}"
    );
    project.ap(&["continue", "s"]).expect(0);
    assert_eq!(runner.ended(), 0);
    let context = project.read(&project.run_file("s", "stage-00-work/iterations/002/context.json"));
    let context: Value = serde_json::from_str(&context).expect("JSON");
    assert_eq!(context["quota"]["level"], "sparing", "{}", context["quota"]);
}

#[test]
fn a_loop_or_a_project_takes_away_from_the_policy_and_never_adds_to_it() {
    let project = project(
        "termination: { type: fixed, iterations: 2 }\nquota: {five_hour: {hold: 40%}}\n",
        &format!("report allowed 0.45\n{WORKS}"),
    );
    let is_held = |session: &str| {
        let runner = project.start(&run(session));
        project.until_event(session, "wait_started", 1);
        project.ap(&["stop", session]).expect(0);
        assert_eq!(runner.ended(), 5);
    };
    is_held("s");
    settings(&project, "quota: {five_hour: {warn: 20%, hold: 30%}}\n");
    project.ap(&run("t")).expect(2).says(&[
        "error[widens]: `hold: 40%` allows more than your config.yaml: 30%",
        "loop.yaml:8:27",
        "may allow less, never more",
    ]);
    let loop_file = ".claude/loops/work/loop.yaml";
    let without = project
        .read(loop_file)
        .replace("quota: {five_hour: {hold: 40%}}\n", "");
    project.write(loop_file, &without);
    settings(&project, "");
    let of_project = ".claude/agent-pipelines.yaml";
    project.write(
        of_project,
        "budgets: {day: {usd: 5}}\nquota: {five_hour: {hold: 40%}}\n",
    );
    is_held("u");
    let plan = project.read(&project.run_file("u", "plan.json"));
    let plan: Value = serde_json::from_str(&plan).expect("JSON");
    assert_eq!(plan["guardrails"]["budgets"]["day"]["usd"], 5.0);
    project.write(of_project, "quota: {seven_day: {hold: 100%}}\n");
    project
        .ap(&["lint"])
        .expect(2)
        .says(&["`hold: 100%` allows more", "agent-pipelines.yaml:1:27"]);
    project.write(of_project, "budget: {day: {usd: 5}}\n");
    let ran = project.ap(&["lint"]).expect(2);
    let mistake = "unknown key `budget`";
    assert_eq!(ran.stderr.matches(mistake).count(), 1, "{}", ran.text());
    ran.says(&["agent-pipelines.yaml:1:1", "budgets"]);
}

#[test]
fn a_fallback_of_another_account_takes_over_from_one_that_is_held() {
    let project = project(
        "termination: { type: fixed, iterations: 2 }\nfallback: [command]\n",
        &format!("report allowed 0.6\n{WORKS}"),
    );
    let other = project.program(
        "other.sh",
        &format!("#!/bin/sh\nread -r n; read -r status; cat >/dev/null\n{WORKS}\n"),
    );
    settings(
        &project,
        &format!(
            "quota: {{five_hour: {{hold: 50%}}}}\nproviders: {{other: {{program: \"{other}\"}}}}\n"
        ),
    );
    let yaml = project.read(".claude/loops/work/loop.yaml");
    project.write(
        ".claude/loops/work/loop.yaml",
        &yaml.replace("[command]", "[other]"),
    );
    project.ap(&run("s")).expect(0);
    let agents: Vec<Value> = project
        .events("s", "iteration_started")
        .iter()
        .map(|event| event["fallback"].clone())
        .collect();
    assert_eq!(agents, [json!(0), json!(1)]);
}

#[test]
fn the_status_line_of_your_own_claude_code_counts_and_never_fails() {
    let project = project(
        "termination: { type: fixed, iterations: 1 }\n",
        &format!("report allowed 0.2\n{WORKS}"),
    );
    project
        .ap(&["quota"])
        .expect(4)
        .says(&["nothing is known", "ap hook statusline"]);
    assert_eq!(
        status_line(&project, &payload(42.0, 97.0)),
        "mine · 5h 42% · 7d 97%\n"
    );
    for odd in ["", "{", "{\"session_id\":\"abc\"}", "null"] {
        status_line(&project, odd);
    }
    let shown = quota(&project);
    let windows = &shown["accounts"][0]["windows"];
    assert_eq!(windows[0]["used"], 0.42, "{windows:#}");
    assert_eq!(windows[0]["source"], "status_line");
    // The week is used up by the rules, so a session begins nothing.
    let runner = project.start(&run("s"));
    project.until_event("s", "wait_started", 1);
    assert_eq!(project.events("s", "iteration_started").len(), 0);
    project.ap(&["stop", "s"]).expect(0);
    assert_eq!(runner.ended(), 5);
}

#[test]
fn numbers_that_are_not_believed_and_a_damaged_file_are_named() {
    let project = project(
        "termination: { type: fixed, iterations: 1 }\n",
        &format!("report allowed 42\n{WORKS}"),
    );
    settings(
        &project,
        "quota: {five_hour: {warn: 90%, hold: 80%}, keep: [{window: seven_day, share: 100%, on: sat}]}\n",
    );
    project.ap(&run("s")).expect(0);
    let shown = project.ap(&["quota"]).stdout;
    for words in [
        "42 is outside 0 to 1",
        "is below `warn: 90 %`",
        "leaves nothing while it applies",
    ] {
        assert!(shown.contains(words), "{words} is not in\n{shown}");
    }
    let doctor = project.ap(&["doctor"]).stdout;
    assert!(doctor.contains("42 is outside 0 to 1"), "{doctor}");
    let file = "../ap home/state/quota.json";
    project.write(file, "{\"v\":1,\"acc");
    let shown = project.ap(&["quota"]).expect(4);
    assert!(
        shown.stdout.contains("quota.json: it is damaged"),
        "{}",
        shown.stdout
    );
    project.ap(&["doctor"]).says(&["quota.json cannot be used"]);
    project.write(file, "{\"v\":9}");
    project.ap(&["work", "t", "--foreground"]).expect(0);
    assert_eq!(project.read(file), "{\"v\":9}");
}

#[test]
fn a_warning_of_the_week_is_an_event_of_the_session_that_sees_it_first() {
    let project = project(
        "termination: { type: fixed, iterations: 2 }\n",
        &format!(
            "now=$(date +%s)\nprintf '{{\"type\":\"rate_limit_event\",\"rate_limit_info\":{{\"status\":\"allowed\",\"unifiedWindows\":{{\"seven_day\":{{\"utilization\":0.82,\"resetsAt\":%s}}}}}}}}\\n' $((now+86400))\n{WORKS}"
        ),
    );
    project
        .ap(&run("s"))
        .expect(0)
        .says(&["82 % of the 7-day window is used"]);
    let warned = project.events("s", "quota_warned");
    assert_eq!(warned.len(), 1, "{warned:#?}");
    assert_eq!(warned[0]["percent"], 80);
    project.ap(&run("t")).expect(0);
    assert_eq!(project.events("t", "quota_warned").len(), 0);
}

#[test]
fn settings_that_mean_nothing_are_refused_at_their_place() {
    let project = Project::new();
    for (quota, says) in [
        (
            "quota: {five_hour: {hold: 95}}",
            "a share like `85%`, not `95`",
        ),
        (
            "quota: {keep: [{window: five_hours, share: 3%}]}",
            "five_hours",
        ),
        (
            "quota: {keep: [{window: seven_day, share: 3%, on: monday}]}",
            "not `monday`",
        ),
        (
            "quota: {keep: [{window: seven_day, share: 3%, from: \"25:00\"}]}",
            "not `25:00`",
        ),
        ("quota: {seven_day: {pace: odd}}", "odd"),
    ] {
        settings(&project, &format!("{quota}\n"));
        let ran = project.ap(&["quota"]).expect(2);
        assert!(ran.stderr.contains(says), "{quota}:\n{}", ran.stderr);
        assert!(ran.stderr.contains("config.yaml:1"), "{}", ran.stderr);
    }
}
