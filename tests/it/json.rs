//! What each command prints with `--json` matches the schema that `ap schema` prints for it.
use crate::project::{Project, Ran};
use crate::schema::differences;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Of a window that has reset, with a value that was refused.
const KNOWN_QUOTA: &str = r#"{"v":1,"accounts":{"0123456789ab":{"provider":"claude","folder":"/h/.claude","method":"claude.ai","windows":{"five_hour":{"used":0.42,"resets_at":"2026-01-01T05:00:00Z","status":"allowed","seen_at":"2026-01-01T00:00:00Z","boot":"b","uptime_s":1.0,"source":"status_line"}},"refused":[{"window":"seven_day","why":"1.2 is outside 0 to 1","source":"agent","at":"2026-01-01T00:00:00Z"}]}}}"#;

/// An agent that closes the task of its iteration.
const CLOSES: &str = "\"$AP_EXE\" queue close \"$n\"\necho '{\"decision\": \"continue\", \"summary\": \"done\"}' >\"$status\"\n";
const QUEUE: &str = "termination: {type: queue, max: 9}\nqueue: {claim: engine}\n";
const TASKS: &str = "- [ ] one (#1)\n- [ ] two (#2)\n";
const JUDGED: &str = "termination: { type: judgment, max: 2 }\n";

/// Returns the schemas of outputs, by name.
fn schemas() -> BTreeMap<String, Value> {
    let project = Project::new();
    let json = |args: &[&str]| -> Value {
        serde_json::from_str(&project.ap(args).expect(0).stdout).expect("JSON")
    };
    let list = json(&["schema", "--json"]);
    let names = list.as_array().expect("a list").iter();
    let names = names.map(|entry| entry["name"].as_str().expect("a name").to_owned());
    names
        .filter(|name| name.starts_with("ap-"))
        .map(|name| (name.clone(), json(&["schema", &name])))
        .collect()
}

/// Checks outputs against their schemas, and remembers which schemas were needed.
struct Checked<'a> {
    project: &'a Project,
    schemas: BTreeMap<String, Value>,
    seen: BTreeSet<String>,
}

impl<'a> Checked<'a> {
    fn new(project: &'a Project) -> Self {
        Self {
            project,
            schemas: schemas(),
            seen: BTreeSet::new(),
        }
    }

    /// Runs a command with `--json` and checks each line it prints.
    #[track_caller]
    fn ap(&mut self, schema: &str, args: &[&str], code: i32) -> Value {
        let args: Vec<&str> = args.iter().copied().chain(["--json"]).collect();
        let ran = self.project.ap(&args).expect(code);
        self.check(schema, &ran)
    }

    #[track_caller]
    fn check(&mut self, schema: &str, ran: &Ran) -> Value {
        let lines: Vec<Value> = ran
            .stdout
            .lines()
            .map(|line| serde_json::from_str(line).expect("a line of JSON"))
            .collect();
        assert!(!lines.is_empty(), "{}", ran.text());
        for value in &lines {
            let differences = differences(&self.schemas[schema], value);
            assert!(
                differences.is_empty(),
                "{schema}: {}\n{value:#}",
                differences.join("\n")
            );
        }
        self.seen.insert(schema.to_owned());
        lines[0].clone()
    }

    #[track_caller]
    fn error(&mut self, kind: &str, args: &[&str], code: i32) {
        let error = self.ap("ap-error", args, code);
        assert_eq!(
            (&error["error"]["kind"], &error["error"]["exit"]),
            (&kind.into(), &code.into()),
            "{error}"
        );
    }
}

fn project() -> Project {
    let project = Project::new();
    project.write("backlog.md", TASKS);
    project.shell_loop("work", QUEUE, CLOSES);
    project.shell_loop(
        "judge",
        JUDGED,
        "echo 'It is good.'; echo '{\"decision\": \"stop\"}' >\"$status\"",
    );
    project.shell_loop(
        "quick",
        "termination: {type: fixed, max: 1}\n",
        "echo '{\"decision\": \"continue\"}' >\"$status\"",
    );
    project.shell_loop(
        "fail",
        "retries: 0\ntermination: { type: judgment, max: 2 }\n",
        "exit 1",
    );
    project.shell_loop("wait", JUDGED, "echo started; while :; do sleep 1; done");
    project.write(
        ".claude/pipelines/duel.yaml",
        "nodes:\n  - {id: a, loop: judge}\n  - id: both\n    parallel:\n      providers: [command]\n      stages: [{id: c, loop: judge}]\n",
    );
    project
}

#[test]
fn a_start_prints_what_became_of_it() {
    let project = project();
    let mut checked = Checked::new(&project);
    let ended = checked.ap("ap-start", &["judge", "j", "--foreground"], 0);
    assert_eq!(
        (&ended["result"], &ended["status"]),
        (&"ended".into(), &"complete".into())
    );
    let again = checked.ap("ap-start", &["judge", "j", "--resume"], 0);
    assert_eq!(again["result"], "already_complete");
    let at_once = checked.ap("ap-start", &["loop", "quick", "k"], 0);
    assert_eq!(at_once["result"], "ended");
    let runs = checked.ap("ap-start", &["pipeline", "--single-stage", "wait", "w"], 0);
    assert_eq!(
        (&runs["result"], &runs["tmux_session"]),
        (&"running".into(), &"pipeline-w".into())
    );
    let listed = checked.ap("ap-list", &["list", "1"], 0);
    assert_eq!(listed[0]["tmux_session"], "pipeline-w");
    checked.error("already-running", &["loop", "wait", "w"], 3);
    checked.error("session-failed", &["fail", "f"], 1);
    checked.error("session-failed", &["fail", "g", "--foreground"], 1);
    checked.error("limit-reached", &["work", "l", "1", "--foreground"], 4);
    checked.error("session-exists", &["fail", "f"], 1);
    checked.error("not-found", &["loop", "nothing"], 2);
    project.write("empty.md", "");
    checked.error("no-tasks", &["work", "n", "--queue", "empty.md"], 2);
    checked.error("usage", &["work", "n", "--what"], 2);
    project.ap(&["stop", "w"]).expect(0);
}

#[test]
fn every_output_matches_its_schema() {
    let mut project = project();
    project.program("bin/claude", "#!/bin/sh\nexit 1\n");
    let bin = project.outside().join("bin");
    fs_err::os::unix::fs::symlink(env!("CARGO_BIN_EXE_fake-bd"), bin.join("bd")).expect("a link");
    let path = format!("{bin}:{}", project.var("PATH"));
    project.set("PATH", path).set("FAKE_BD_VERSION", "1.3.0");
    let mut checked = Checked::new(&project);
    checked.ap("ap-start", &["work", "auth", "--foreground"], 0);
    checked.ap("ap-start", &["pipeline", "duel", "d", "--foreground"], 0);
    checked.error("session-failed", &["fail", "f", "--foreground"], 1);
    let runs = checked.ap("ap-start", &["loop", "wait", "w"], 0);
    assert_eq!(runs["result"], "running");
    for session in ["auth", "d", "f", "w"] {
        checked.ap("ap-status", &["status", session], 0);
    }
    checked.ap("ap-list", &["list"], 0);
    checked.ap("ap-status-all", &["status"], 0);
    checked.ap("ap-projects", &["projects"], 0);
    checked.ap(
        "ap-projects-change",
        &["projects", "add", "--loop", "work"],
        0,
    );
    checked.ap("ap-projects", &["projects"], 0);
    checked.ap("ap-pause-all", &["pause"], 0);
    checked.ap("ap-pause-all", &["continue"], 0);
    checked.ap("ap-stop-supervisor", &["stop"], 0);
    checked.ap("ap-start-supervisor", &["start", "--unless-stopped"], 0);
    checked.ap("ap-ok", &["ok"], 1);
    checked.ap("ap-health", &["health"], 0);
    checked.ap("ap-snapshot", &["snapshot"], 0);
    let units = checked.project.outside().join("units");
    let target = ["--target-dir", units.as_str()];
    let install = [&["service", "install"], &target[..]].concat();
    checked.ap("ap-service", &install, 0);
    let status = [&["service", "status"], &target[..]].concat();
    checked.ap("ap-service-status", &status, 0);
    checked.ap("ap-list-all", &["list", "--all"], 0);
    checked.ap("ap-cost", &["cost"], 0);
    checked.ap("ap-cost", &["cost", "--all", "--by", "day"], 0);
    checked.ap("ap-overview", &[], 0);
    checked.ap("ap-logs", &["logs", "w"], 0);
    checked.ap("ap-logs", &["tail", "auth"], 0);
    asked(&mut checked);
    checked.ap("ap-control", &["pause", "w"], 0);
    checked.ap("ap-control", &["continue", "w"], 0);
    checked.ap("ap-control", &["stop", "w"], 0);
    checked.ap("ap-control", &["kill", "w"], 0);
    checked.ap("ap-wait", &["wait", "w"], 5);
    checked.ap(
        "ap-fork",
        &["fork", "auth", "--at", "1", "--as", "auth2", "--hold"],
        0,
    );
    definitions(&mut checked);
    queue(&mut checked);
    labels(&mut checked);
    machine(&mut checked);
    let known: BTreeSet<String> = checked.schemas.keys().cloned().collect();
    assert_eq!(
        checked.seen, known,
        "no output was checked against a schema"
    );
}

fn asked(checked: &mut Checked<'_>) {
    let project = checked.project;
    project.scripted_loop(
        "asks",
        "termination: {type: fixed, iterations: 1}\nconfirm: Begin?\n",
        "iterations:\n  - { status: { decision: continue } }\n",
    );
    checked.ap("ap-start", &["asks", "q"], 0);
    project.until_event("q", "question_asked", 1);
    checked.ap("ap-questions", &["questions"], 0);
    checked.ap("ap-status", &["status", "q"], 0);
    checked.ap("ap-say", &["say", "q", "hello"], 0);
    checked.ap("ap-answer", &["approve", "q", "go"], 0);
    checked.ap("ap-notify-setup", &["notify", "setup"], 0);
    checked.ap("ap-notify-list", &["notify", "list"], 0);
    checked.ap("ap-notify-test", &["notify", "test"], 1);
    checked.ap("ap-notify-flush", &["notify", "flush"], 0);
}

fn definitions(checked: &mut Checked<'_>) {
    checked.ap("ap-new", &["new", "loop", "polish"], 0);
    checked.ap("ap-new", &["new", "pipeline", "stages"], 0);
    checked.project.a_loop("broken", "zzz: 1\n", "x");
    checked.ap("ap-lint", &["lint"], 2);
    checked.error("invalid-definition", &["broken"], 2);
    checked.ap("ap-dry-run", &["dry-run", "pipeline", "duel", "x"], 0);
    checked.ap("ap-dry-run", &["dry-run", "loop", "work", "x"], 0);
    checked.ap("ap-test", &["test", "polish"], 0);
    checked.ap("ap-schema", &["schema"], 0);
    checked.ap("ap-explain", &["explain", "loop"], 0);
    checked.ap("ap-explain", &["explain", "unknown-key"], 0);
    checked.ap("ap-explain-topics", &["explain"], 0);
}

fn queue(checked: &mut Checked<'_>) {
    checked.project.write("backlog.md", TASKS);
    checked.ap("ap-queue-status", &["queue", "status"], 0);
    checked.ap("ap-queue-ready", &["queue", "ready"], 0);
    checked.ap("ap-queue-show", &["queue", "show", "1"], 0);
    checked.ap("ap-queue-claim", &["queue", "claim", "1"], 0);
    checked.ap("ap-queue-status", &["queue", "status"], 0);
    checked.ap("ap-queue-release", &["queue", "release", "1"], 0);
    checked.ap("ap-queue-close", &["queue", "close", "1"], 0);
    checked.ap("ap-queue-close", &["queue", "close", "2"], 0);
    let none = checked.ap("ap-queue-claim", &["queue", "claim"], 4);
    assert_eq!(none, Value::Null);
    checked.ap("ap-queue-status", &["queue", "status"], 0);
    checked.error("queue", &["queue", "show", "gone"], 1);
}

/// Only a tracker has labels.
fn labels(checked: &mut Checked<'_>) {
    let bd = |args: &[&str]| {
        let bd = checked.project.outside().join("bin/bd");
        let output = checked.project.command(bd.as_str()).args(args).output();
        Ran::from(output.expect("bd runs")).expect(0);
    };
    bd(&["init", "--prefix", "t", "--quiet"]);
    bd(&["create", "one", "--json"]);
    let args = ["queue", "label", "s", "--all-ready"];
    let labelled = checked.ap("ap-queue-label", &args, 0);
    assert_eq!(labelled["labelled"].as_array().map(Vec::len), Some(1));
}

fn machine(checked: &mut Checked<'_>) {
    checked
        .project
        .write("../ap home/state/quota.json", KNOWN_QUOTA);
    let quota = checked.project.ap(&["quota", "--json"]);
    checked.check("ap-quota", &quota);
    let doctor = checked.project.ap(&["doctor", "--json"]);
    checked.check("ap-doctor", &doctor);
    let lock = checked
        .project
        .run_file("gone", "")
        .replace("pipeline-runs/gone/", "locks/gone.lock");
    checked.project.write(&lock, "{}");
    let report = checked.ap("ap-cleanup", &["cleanup", "--dry-run"], 0);
    assert_ne!(report["found"], Value::Array(Vec::new()));
    checked.ap("ap-plugin-status", &["plugin", "status"], 0);
}
