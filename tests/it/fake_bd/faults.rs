//! Every fault of the stand-in for `bd`, once.
use super::Bd;
use crate::project::{LIMIT, Ran};
use agent_pipelines::{clock::wait_until, store::atomic};
use serde_json::{Value, json};
use std::process::Stdio;

const ASKED: &[&str] = &["ready", "--json"];

/// A database with an issue, and rules by which calls go wrong.
fn with_rules(rules: &Value) -> Bd {
    let mut bd = Bd::with_database("0.49.5");
    bd.create("a", &[]);
    let file = bd.root.join("faults.json");
    atomic::replace(&file, rules.to_string().as_bytes()).expect("rules");
    let log = bd.root.join("log.jsonl");
    bd.set("FAKE_BD_FAULTS", file).set("FAKE_BD_LOG", log);
    bd
}

fn logged(bd: &Bd) -> Vec<Value> {
    let text = fs_err::read_to_string(bd.root.join("log.jsonl")).unwrap_or_default();
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect()
}

/// Asks once with the fault and once after it; the second answer is always right.
fn once(fault: &str) -> Ran {
    let bd = with_rules(&json!([{ "command": "ready", "times": 1, "fault": fault }]));
    let wrong = bd.run(ASKED);
    let right = bd.run(ASKED).expect(0);
    assert!(is_answer(&right.stdout), "{fault}: {}", right.text());
    wrong
}

fn is_answer(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|answer| answer[0]["title"] == "a")
}

#[test]
fn failures_match_the_recordings() {
    let locked = once("locked").expect(1);
    assert!(
        locked.stdout.is_empty() && locked.stderr.contains("database is locked"),
        "{}",
        locked.text()
    );
    let stale = once("out_of_sync").expect(1);
    let error: Value = serde_json::from_str(&stale.stdout).expect("JSON");
    assert!(
        error["error"]
            .as_str()
            .is_some_and(|error| error.starts_with("Database out of sync with JSONL"))
            && stale.stderr.is_empty()
    );
    let failed = once("rc1").expect(1);
    assert!(failed.stdout.is_empty() && !failed.stderr.is_empty());
    let gone = once("vanish").expect(1);
    assert!(gone.stdout.is_empty() && gone.stderr.starts_with("Error: no beads database found"));
}

#[test]
fn an_answer_can_be_spoiled() {
    let cut = once("truncate").expect(0);
    assert!(
        cut.stdout.starts_with('[') && !is_answer(&cut.stdout),
        "{}",
        cut.stdout
    );
    let killed = once("killed").expect(137);
    assert!(
        killed.stdout.starts_with('[') && !is_answer(&killed.stdout),
        "{}",
        killed.stdout
    );
    let garbage = once("garbage").expect(0);
    assert!(serde_json::from_str::<Value>(&garbage.stdout).is_err());
    let noisy = once("noise_stdout").expect(0);
    let (noise, answer) = noisy.stdout.split_at(
        noisy
            .stdout
            .match_indices('\n')
            .nth(1)
            .expect("two lines")
            .0
            + 1,
    );
    assert!(
        noise.starts_with('[') && is_answer(answer),
        "{}",
        noisy.stdout
    );
    let warned = once("noise_stderr").expect(0);
    assert!(is_answer(&warned.stdout) && !warned.stderr.is_empty());
    assert!(is_answer(&once("sleep_ms:20").expect(0).stdout));
}

#[test]
fn a_hanging_call_never_answers() {
    let bd = with_rules(&json!([{ "command": "*", "fault": "hang" }]));
    let mut hangs = bd
        .command(ASKED)
        .stdout(Stdio::null())
        .spawn()
        .expect("fake-bd runs");
    assert!(
        wait_until(LIMIT, || !logged(&bd).is_empty()),
        "the call is logged"
    );
    assert_eq!(logged(&bd)[0]["rc"], Value::Null);
    assert!(hangs.try_wait().expect("it can be waited for").is_none());
    hangs.kill().expect("it lives");
    hangs.wait().expect("it ends");
}

#[test]
fn rules_are_used_up_in_order_by_all_callers_together() {
    let rules = json!([
        { "command": "update --claim", "times": 1, "fault": "rc1" },
        { "command": "ready", "times": 5, "fault": "locked" },
    ]);
    let bd = with_rules(&rules);
    let failed = bd
        .at_once(8, ASKED)
        .iter()
        .filter(|ran| ran.code == 1)
        .count();
    assert_eq!(failed, 5);
    bd.run(&["update", "x", "--status", "open"])
        .expect(1)
        .says(&["no issue found matching"]);
    bd.run(&["update", "x", "--claim"])
        .expect(1)
        .says(&["something went wrong"]);
}

#[test]
fn every_call_is_logged_with_its_actor() {
    let mut bd = with_rules(&json!([]));
    bd.set("BD_ACTOR", "by variable");
    let started = bd
        .command(&["list", "--bogus"])
        .stderr(Stdio::null())
        .spawn();
    let mut child = started.expect("fake-bd runs");
    child.wait().expect("it ends");
    bd.run(&["list", "--json", "--actor", "by flag"]).expect(0);
    let lines = logged(&bd);
    assert_eq!(
        lines[0],
        json!({ "argv": ["list", "--bogus"], "actor": "by variable", "pid": child.id(), "rc": 1 })
    );
    assert_eq!(
        (&lines[1]["actor"], &lines[1]["rc"]),
        (&"by flag".into(), &0.into())
    );
}
