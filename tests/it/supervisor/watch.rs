//! What you look at to see whether all is well, with real supervisors: the log of everything, and what reads it.
use super::fleet::Fleet;
use crate::project::{LIMIT, Project};
use crate::schema::differences;
use agent_pipelines::clock::wait_until;
use agent_pipelines::store::atomic::replace;
use serde_json::Value;
use std::collections::BTreeSet;

const TWICE: &str = "termination: { type: fixed, max: 2 }\n";
const QUICK: &str = "echo '{\"decision\": \"continue\", \"summary\": \"did it\"}' >\"$status\"";

fn lines(project: &Project, args: &[&str]) -> Vec<Value> {
    let args: Vec<&str> = ["tail", "--no-follow", "--json"]
        .iter()
        .chain(args)
        .copied()
        .collect();
    let stdout = project.ap(&args).expect(0).stdout;
    let lines = stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect()
}

/// Returns the keys of the log's lines, which are each there once.
#[track_caller]
fn keys(fleet: &Fleet) -> BTreeSet<(String, u64)> {
    let lines = lines(&fleet.0[0], &["-n", "0"]);
    let of_journals = lines.iter().filter(|line| line["from"] != 0);
    let keys: Vec<(String, u64)> = of_journals
        .map(|line| {
            let run = line["run"].as_str().unwrap_or("supervisor").to_owned();
            (run, line["from"].as_u64().expect("a number"))
        })
        .collect();
    let once: BTreeSet<(String, u64)> = keys.iter().cloned().collect();
    assert_eq!(once.len(), keys.len(), "a line is there twice: {keys:?}");
    let seqs: Vec<u64> = lines.iter().filter_map(|it| it["seq"].as_u64()).collect();
    let numbered: Vec<u64> = (1..=seqs.len() as u64).collect();
    assert_eq!(seqs, numbered);
    once
}

/// Returns the keys of all lines that the journals have.
fn journals(fleet: &Fleet) -> BTreeSet<(String, u64)> {
    let mut keys = BTreeSet::new();
    let mut add = |run: &str, text: &str| {
        keys.extend((1..=text.lines().count() as u64).map(|number| (run.to_owned(), number)));
    };
    for (number, project) in fleet.0.iter().enumerate() {
        let plan = project.read(&project.run_file(&format!("app{number}"), "plan.json"));
        let plan: Value = serde_json::from_str(&plan).expect("JSON");
        let text = project.read(&project.run_file(&format!("app{number}"), "events.jsonl"));
        add(plan["run"].as_str().expect("a run"), &text);
    }
    let state = format!("{}/state", fleet.0[0].var("AP_HOME"));
    let own = format!("{state}/supervisor/events-000001.jsonl");
    add(
        "supervisor",
        &fs_err::read_to_string(own).expect("a journal"),
    );
    keys
}

#[test]
fn the_log_has_each_line_of_each_journal_once_whatever_is_killed_or_deleted() {
    let fleet = Fleet::new(2, TWICE, QUICK);
    fleet.0[0]
        .ap(&["tail", "--no-follow"])
        .expect(1)
        .says(&["there is no log yet", "ap start"]);
    fleet.add_all();
    fleet.0[0].ap(&["start"]).expect(0);
    fleet.until_all("done");
    fleet.0[0].ap(&["stop"]).expect(0);
    assert_eq!(keys(&fleet), journals(&fleet));
    // Killed, and started again.
    fleet.0[0].ap(&["start"]).expect(0);
    fleet.kill_9();
    fleet.0[0].ap(&["start"]).expect(0);
    fleet.0[0].ap(&["stop"]).expect(0);
    assert_eq!(keys(&fleet), journals(&fleet));
    // Deleted, as a whole and without what says how far it is.
    let log = format!("{}/state/log", fleet.0[0].var("AP_HOME"));
    fs_err::remove_file(format!("{log}/cursors.json")).expect("a file");
    fleet.0[0].ap(&["start"]).expect(0);
    fleet.0[0].ap(&["stop"]).expect(0);
    assert_eq!(keys(&fleet), journals(&fleet));
    fs_err::remove_dir_all(&log).expect("a folder");
    fleet.0[0].ap(&["start"]).expect(0);
    fleet.0[0].ap(&["stop"]).expect(0);
    assert_eq!(keys(&fleet), journals(&fleet));
}

#[test]
fn tail_shows_what_passes_its_filters_and_follows() {
    let fleet = Fleet::new(2, TWICE, QUICK);
    fleet.add_all();
    let project = &fleet.0[0];
    project.ap(&["start"]).expect(0);
    let followed = project.outside().join("followed");
    let args = ["tail", "--event", "cycle_end", "--project", "app1"];
    let mut following = project
        .ap_command(&args)
        .stdout(
            fs_err::File::create(&followed)
                .expect("a file")
                .into_parts()
                .0,
        )
        .spawn()
        .expect("ap runs");
    fleet.until_all("done");
    let ended = || {
        let lines = lines(
            project,
            &["--event", "cycle_end", "--project", "app1", "-n", "9"],
        );
        lines.len() == 2
    };
    assert!(wait_until(LIMIT, ended), "{}", fleet.log());
    let shown = project
        .ap(&[
            "tail",
            "--no-follow",
            "-n",
            "3",
            "--project",
            "app1",
            "--event",
            "agent_exited",
        ])
        .expect(0);
    assert_eq!(shown.stdout.lines().count(), 2, "{}", shown.text());
    shown.says(&[
        "app1",
        "agent_exited",
        "reported",
        "summary=did it",
        "iteration=2",
    ]);
    let newest = lines(project, &["--event", "cycle_start,cycle_end", "-n", "1"]);
    assert_eq!(newest[0]["kind"], "agent_exited");
    assert_eq!(
        lines(project, &["--since", "2020-01-01", "-n", "1"]).len(),
        1
    );
    project
        .ap(&["tail", "--no-follow", "--event", "agent_exitd"])
        .expect(2)
        .says(&[
            "there is no event `agent_exitd`",
            "did you mean `agent_exited`?",
        ]);
    project
        .ap(&["tail", "--no-follow", "--project", "app9"])
        .expect(2)
        .says(&["no registered project is `app9`", "did you mean"]);
    project
        .ap(&["tail", "--no-follow", "--since", "tomorrow"])
        .expect(2)
        .says(&["it has not come yet"]);
    let schema = project.ap(&["schema", "events"]).expect(0).stdout;
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    for line in lines(project, &["-n", "0"]) {
        assert_eq!(
            differences(&of_kind(&schema, &line), &line),
            [""; 0],
            "{line:#}"
        );
    }
    let read = || fs_err::read_to_string(&followed).unwrap_or_default();
    assert!(
        wait_until(LIMIT, || read().lines().count() == 2),
        "{}",
        read()
    );
    following.kill().expect("it runs");
    following.wait().expect("it ended");
}

#[test]
fn every_kind_of_event_is_documented_as_it_is() {
    let page = include_str!("../../../docs/monitoring.md");
    for (kind, about) in agent_pipelines::overview::log::EVENT_KINDS {
        let row = format!("| `{kind}` | {} |", about.trim());
        assert!(page.contains(&row), "docs/monitoring.md lacks {row}");
    }
}

/// Returns the schema of a line: what all lines have, and the fields of its kind.
fn of_kind(schema: &Value, line: &Value) -> Value {
    let ways = schema["oneOf"].as_array().expect("the kinds");
    let way = ways
        .iter()
        .find(|way| way["properties"]["kind"]["const"] == line["kind"])
        .expect("its kind is documented");
    let mut merged = schema.clone();
    let fields = merged.as_object_mut().expect("an object");
    fields.remove("oneOf");
    let of_way = way["properties"].as_object().expect("fields").clone();
    merged["properties"]
        .as_object_mut()
        .expect("fields")
        .extend(of_way);
    let required = way["required"].as_array().expect("fields").clone();
    merged["required"]
        .as_array_mut()
        .expect("fields")
        .extend(required);
    merged
}

/// Returns the answers of `ap ok` that are no.
fn no(project: &Project) -> Vec<u64> {
    let report = project.ap(&["ok", "--json"]);
    let report: Value = serde_json::from_str(&report.stdout).expect("JSON");
    let answers = report["answers"].as_array().expect("an array");
    let no = answers.iter().filter(|answer| answer["ok"] == false);
    no.map(|answer| answer["number"].as_u64().expect("a number"))
        .collect()
}

#[test]
fn ok_is_true_while_all_is_well_and_names_what_is_not() {
    let fleet = Fleet::new(2, TWICE, QUICK);
    let project = &fleet.0[0];
    project
        .ap(&["ok"])
        .expect(1)
        .says(&["1 no", "no supervisor runs", "ap start"]);
    fleet.add_all();
    project.ap(&["start"]).expect(0);
    fleet.until_all("done");
    assert!(
        wait_until(LIMIT, || no(project).is_empty()),
        "{}",
        project.ap(&["ok"]).text()
    );
    project.ap(&["ok"]).expect(0).says(&["1 yes", "6 yes"]);
    let state = camino::Utf8PathBuf::from(format!("{}/state", project.var("AP_HOME")));
    let quota = r#"{"v":1,"accounts":{"0123456789ab":{"provider":"claude","folder":"/h/.claude","method":"claude.ai","windows":{"seven_day":{"used":0.93,"resets_at":"2999-01-01T05:00:00Z","status":"allowed","seen_at":"NOW","boot":"b","uptime_s":1.0,"source":"status_line"}}}}}"#;
    let now = agent_pipelines::clock::now().to_string();
    replace(
        &state.join("quota.json"),
        quota.replace("NOW", &now).as_bytes(),
    )
    .expect("a file");
    assert_eq!(no(project), [5], "{}", project.ap(&["ok"]).text());
    fs_err::remove_file(state.join("quota.json")).expect("a file");
    // Its loop stands still.
    let pid = nix::unistd::Pid::from_raw(fleet.pid().expect("it runs"));
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGSTOP).expect("it is ours");
    let old = nix::sys::time::TimeSpec::new(1_000_000_000, 0);
    for file in ["heartbeat/supervisor", "log/events.lock"] {
        let file = fs_err::File::options()
            .write(true)
            .open(state.join(file))
            .expect("a file");
        nix::sys::stat::futimens(&file, &old, &old).expect("a time");
    }
    assert_eq!(no(project), [1, 6], "{}", project.ap(&["ok"]).text());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGCONT).expect("it is ours");
}

#[test]
fn ok_and_snapshot_say_what_a_blocked_project_needs() {
    let fleet = Fleet::new(2, TWICE, QUICK);
    let project = &fleet.0[0];
    fleet.add_all();
    project.shell_loop("work", "termination: { type: fixd }\n", QUICK);
    project.ap(&["start"]).expect(0);
    fleet.until("blocked", |shown| {
        shown["projects"][0]["status"] == "blocked"
    });
    fleet.until("done", |shown| shown["projects"][1]["status"] == "done");
    assert!(
        wait_until(LIMIT, || no(project) == [2, 4]),
        "{}",
        project.ap(&["ok"]).text()
    );
    project
        .ap(&["ok"])
        .expect(1)
        .says(&["2 no", "app0 is blocked", "ap resume app0"]);
    project.ap(&["ok", "--project", "app1"]).expect(0);
    let shown = project.ap(&["snapshot", "--project", "app0"]).expect(0);
    shown.says(&[
        "3. Status",
        "blocked since",
        "ap approve app0",
        "6. Errors",
        "status_changed",
    ]);
}

#[test]
fn a_snapshot_has_thirteen_sections_and_the_script_of_the_project() {
    let fleet = Fleet::new(1, TWICE, QUICK);
    let project = &fleet.0[0];
    fleet.add_all();
    project.write(
        "backlog.md",
        "- [ ] one\n- [x] two\n- [~] three\n- [~deferred] four\n- [x] five\n",
    );
    project.write(".agent-pipelines/knowledge.md", "it is so\n");
    let extra = "#!/usr/bin/env python3\nimport os\nprint('since', os.environ['SINCE'])\nfor name in ['PROJECT', 'CCA', 'STATE', 'USER_HOME', 'AGG', 'STDERR_LOG']:\n    assert os.path.exists(os.environ[name]), name\nprint('\\x1b[31mred')\nraise SystemExit(3)\n";
    project.write(".agent-pipelines/snapshot-extra.sh", extra);
    project.ap(&["start"]).expect(0);
    fleet.until_all("done");
    let shown = project.ap(&["snapshot"]).expect(0);
    shown.says(&["13. The project's own", "is not executable", "chmod +x"]);
    let script = project.root().join(".agent-pipelines/snapshot-extra.sh");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs_err::set_permissions(&script, mode).expect("a mode");
    let report = project
        .ap(&["snapshot", "--since", "2h", "--json"])
        .expect(0);
    let report: Value = serde_json::from_str(&report.stdout).expect("JSON");
    let sections = report["sections"].as_array().expect("an array");
    let numbers: Vec<u64> = sections
        .iter()
        .filter_map(|it| it["number"].as_u64())
        .collect();
    assert_eq!(numbers, (1..=13).collect::<Vec<_>>());
    let lines = |number: usize| -> Vec<&str> {
        let lines = sections[number - 1]["lines"].as_array().expect("lines");
        lines.iter().filter_map(Value::as_str).collect()
    };
    let expected = [
        "open 1",
        "begun 1",
        "done 2",
        "dropped 1",
        "blocked 0",
        "closed last:",
        "  two",
        "  five",
    ];
    assert_eq!(lines(8), expected);
    let own = lines(13);
    assert_eq!(own[..2], ["since 2h", "red"], "{own:?}");
    assert!(own[2].ends_with("exited with 3"), "{own:?}");
    assert!(lines(10).contains(&"  it is so"));
    assert!(
        lines(5).iter().any(|line| line.contains("agent_exited")),
        "{:?}",
        lines(5)
    );
    assert_eq!(lines(6), ["none since then"]);
    project
        .ap(&["health", "--24h"])
        .expect(0)
        .says(&["app0", "CYCLES"]);
    let health = project.ap(&["health", "--json"]).expect(0).stdout;
    let health: Value = serde_json::from_str(&health).expect("JSON");
    assert_eq!(health["projects"][0]["cycles"], 2, "{health:#}");
    // What is known of a project that is gone.
    fs_err::rename(project.root(), project.root().with_file_name("gone")).expect("a folder");
    let elsewhere = Project::named("elsewhere");
    let mut gone = elsewhere.ap_command(&["snapshot", "--project", "app0"]);
    let output = gone
        .env("AP_HOME", project.var("AP_HOME"))
        .output()
        .expect("ap runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        text.contains("3. Status") && text.contains("agent_exited"),
        "{text}"
    );
    fs_err::rename(project.root().with_file_name("gone"), project.root()).expect("a folder");
}
