//! Every exit code of the tables in docs/reference.md is provoked, and errors are JSON where JSON was asked for.
use crate::project::{Project, Ran};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// An agent that closes nothing and continues.
const CONTINUES: &str = "echo '{\"decision\": \"continue\"}' >\"$status\"";
const FOREGROUND: [&str; 3] = ["work", "s", "--foreground"];

fn project(max: u32) -> Project {
    let project = Project::new();
    let termination = format!("termination: {{ type: judgment, max: {max} }}\n");
    project.shell_loop("work", &termination, CONTINUES);
    project
}

/// Returns the cells of the rows of a table of the reference, below its heading row.
fn table(heading: &str) -> Vec<Vec<String>> {
    let page = include_str!("../../docs/reference.md");
    let lines = page.lines().skip_while(|line| *line != heading).skip(2);
    let rows = lines.take_while(|line| line.starts_with('|'));
    let cells = |row: &str| row.trim_matches('|').split('|').map(plain).collect();
    rows.map(cells).collect()
}

fn plain(cell: &str) -> String {
    cell.trim().trim_matches('`').to_owned()
}

/// Starts a session whose agent never ends by itself.
fn busy() -> (Project, crate::project::Running) {
    let project = Project::new();
    let waits = "while :; do sleep 1; done";
    project.shell_loop("work", "termination: { type: judgment }\n", waits);
    let running = project.start(&FOREGROUND);
    project.until_event("s", "agent_started", 1);
    (project, running)
}

/// What provokes an exit code.
type Provoke = fn() -> Ran;

/// Waits for a session that asks whether it may begin.
fn asks_you() -> Ran {
    let project = Project::new();
    let confirmed = "termination: { type: judgment }\nconfirm: Begin?\n";
    project.shell_loop("work", confirmed, CONTINUES);
    let running = project.start(&FOREGROUND);
    project.until_event("s", "question_asked", 1);
    let asks = project.ap(&["wait", "s", "--or-question"]);
    project.ap(&["reject", "s"]).expect(0);
    assert_eq!(running.ended(), 5);
    asks
}

/// Returns what provokes each code that any command may have.
fn common() -> BTreeMap<u8, Provoke> {
    BTreeMap::from([
        (0, (|| Project::new().ap(&["list"])) as Provoke),
        (1, || Project::new().ap(&["status", "gone"])),
        (2, || Project::new().ap(&["status", "--what"])),
        (3, || {
            let (project, running) = busy();
            let refused = project.ap(&["work", "s"]);
            project.ap(&["stop", "s"]).expect(0);
            assert_eq!(running.ended(), 5);
            refused
        }),
        (4, || project(1).ap(&FOREGROUND)),
        (5, || {
            let (project, running) = busy();
            project.ap(&["stop", "s"]).expect(0);
            assert_eq!(running.ended(), 5);
            project.ap(&["wait", "s"])
        }),
        (6, asks_you),
        (64, || Project::new().ap(&["run", "--what"])),
        (75, || {
            let (project, running) = busy();
            running.signal(Signal::SIGTERM);
            assert_eq!(running.ended(), 75);
            project.ap(&["wait", "s"])
        }),
        (130, crate::inside::interrupted_smoke),
    ])
}

#[test]
fn every_documented_exit_code_is_provoked() {
    let documented = table("| Exit code | Meaning |").into_iter();
    let documented: BTreeSet<u8> = documented
        .map(|row| row[0].parse().expect("a number"))
        .collect();
    let provoked = common();
    assert_eq!(documented, provoked.keys().copied().collect());
    for (code, provoke) in provoked {
        provoke().expect(code.into());
    }
}

/// Returns what provokes each code that has a meaning of its own for a command.
fn of_commands() -> BTreeMap<(&'static str, u8), Provoke> {
    BTreeMap::from([
        (("ap wait", 4), wait_in_vain as Provoke),
        (("ap wait", 6), asks_you),
        (("ap lint", 2), || {
            let project = Project::new();
            project.a_loop("work", "termination: {type: fixed, max: 1}\n", "x\n");
            project.ap(&["lint", "work"]).expect(0);
            project.ap(&["lint", "work", "--strict"]).expect(2);
            project.a_loop("work", "zzz: 1\n", "x\n");
            project.ap(&["lint", "work"])
        }),
        (("ap test", 1), || {
            let project = Project::new();
            project.ap(&["new", "polish"]).expect(0);
            project.ap(&["test", "polish"]).expect(0);
            let prompt = ".claude/loops/polish/prompt.md";
            project.write(prompt, &(project.read(prompt) + "More.\n"));
            project.ap(&["test", "polish"])
        }),
        (("ap doctor", 1), old_claude),
        (("ap cleanup", 1), cleanup_in_vain),
        (("ap queue claim", 1), || {
            let mut project = tasks("- [ ] one (#1)\n");
            project.ap(&["queue", "claim", "1"]).expect(0);
            project.write("c.json", r#"{"session": "x", "run": "r1", "iteration": 1}"#);
            let context = project.root().join("c.json");
            project.set("AP_CONTEXT", context);
            project.ap(&["queue", "claim", "1"])
        }),
        (("ap queue claim", 4), || {
            tasks("- [x] one (#1)\n").ap(&["queue", "claim"])
        }),
        (("ap smoke", 1), || {
            let project = Project::new();
            let fails = project.program("fails", "#!/bin/sh\nexit 7\n");
            project.ap(&["smoke", fails.as_str()])
        }),
        (("ap smoke", 2), || {
            Project::new().ap(&["smoke", "missing.sh"])
        }),
        (("ap run", 1), || Project::new().ap(&["run", "nothing"])),
        (("ap run", 2), || {
            let project = Project::named("app");
            let yaml = "termination: { type: fixed, max: 1 }\nretries: 0\nguardrails: { max_consecutive_errors: 1 }\n";
            project.shell_loop("work", yaml, "exit 3");
            project.ap(&["projects", "add"]).expect(0);
            project.ap(&["run", "."])
        }),
        (("ap quota", 4), || Project::new().ap(&["quota"])),
        (("ap init --agents-md", 4), || {
            let project = Project::new();
            project.ap(&["init", "--agents-md"]).expect(0);
            let edited = project.read("AGENTS.md").replacen("session", "Session", 1);
            project.write("AGENTS.md", &edited);
            project.ap(&["init", "--agents-md"])
        }),
        (("ap plugin install", 4), || edited_plugin("install")),
        (("ap plugin update", 4), || edited_plugin("update")),
        (("ap plugin uninstall", 4), || edited_plugin("uninstall")),
    ])
}

#[test]
fn every_documented_exit_code_of_a_single_command_is_provoked() {
    let rows = table("| Command | Exit code | Meaning |");
    let provoked = of_commands();
    let documented: BTreeSet<(&str, u8)> = rows
        .iter()
        .map(|row| (row[0].as_str(), row[1].parse().expect("a number")))
        .collect();
    assert_eq!(documented, provoked.keys().copied().collect());
    for ((command, code), provoke) in provoked {
        let ran = provoke();
        assert_eq!(ran.code, i32::from(code), "{command}\n{}", ran.text());
    }
}

fn wait_in_vain() -> Ran {
    let (project, running) = busy();
    let waited = project.ap(&["wait", "s", "--timeout", "0"]);
    project.ap(&["stop", "s"]).expect(0);
    assert_eq!(running.ended(), 5);
    waited
}

fn tasks(text: &str) -> Project {
    let project = Project::new();
    project.write("backlog.md", text);
    project
}

fn old_claude() -> Ran {
    let mut project = Project::new();
    project.program("bin/claude", "#!/bin/sh\necho '1.0.3 (Claude Code)'\n");
    let path = format!("{}/bin:{}", project.outside(), project.var("PATH"));
    project.set("PATH", path);
    let ran = project.ap(&["doctor"]);
    assert!(ran.stdout.contains("1.0.3"), "{}", ran.text());
    ran
}

/// A project that is not there cannot be forgotten while its list cannot be locked.
fn cleanup_in_vain() -> Ran {
    let project = Project::new();
    let state = project.outside().join("ap home/state");
    fs_err::create_dir_all(state.join("roots.lock")).expect("a folder");
    let line = "{\"root\": \"/no/where\", \"since\": \"2026-01-02T03:04:05Z\"}\n";
    agent_pipelines::store::atomic::replace(&state.join("roots.jsonl"), line.as_bytes())
        .expect("a file");
    let ran = project.ap(&["cleanup", "--all"]);
    assert!(ran.stdout.contains("/no/where"), "{}", ran.text());
    ran
}

/// Changes a file of the plugin, then calls a command of `ap plugin`.
fn edited_plugin(command: &str) -> Ran {
    let project = Project::new();
    project.ap(&["plugin", "install", "--files-only"]).expect(0);
    let status = project.ap(&["plugin", "status", "--json"]).expect(0);
    let status: Value = serde_json::from_str(&status.stdout).expect("JSON");
    let folder = status["folder"].as_str().expect("a folder");
    let file = status["files"][0]["path"].as_str().expect("a path");
    let path = camino::Utf8Path::new(folder).join(file);
    agent_pipelines::store::atomic::replace(&path, b"mine\n").expect("a file");
    project.ap(&["plugin", command, "--files-only"])
}

#[test]
fn an_error_is_json_where_json_was_asked_for() {
    let project = project(1);
    let error = |args: &[&str], code: i32| {
        let ran = project.ap(args).expect(code);
        assert_eq!(ran.stderr, "", "{args:?}");
        assert_eq!(ran.stdout.lines().count(), 1, "{}", ran.stdout);
        let json: Value = serde_json::from_str(&ran.stdout).expect("JSON");
        assert_eq!(json["error"]["exit"], code);
        assert!(
            json["error"]["message"].is_string() && json["error"]["help"].is_string(),
            "{json}"
        );
        json["error"]["kind"].as_str().expect("a kind").to_owned()
    };
    assert_eq!(error(&["status", "gone", "--json"], 1), "session-not-found");
    assert_eq!(error(&["stop", "gone", "--json"], 1), "session-not-found");
    assert_eq!(error(&["wait", "gone", "--json"], 1), "session-not-found");
    assert_eq!(error(&["list", "--json", "--nothing"], 2), "usage");
    assert_eq!(error(&["list", "--json", "x"], 2), "bad-value");
    assert_eq!(error(&["lint", "wrok", "--json"], 2), "not-found");
    assert_eq!(error(&["explain", "foo", "--json"], 2), "not-found");
    project.ap(&FOREGROUND).expect(4);
    assert_eq!(error(&["pause", "s", "--json"], 1), "not-running");
}

#[test]
fn commands_that_change_something_print_json_too() {
    let project = project(1);
    let json = |args: &[&str], code: i32| -> Value {
        serde_json::from_str(&project.ap(args).expect(code).stdout).expect("JSON")
    };
    let created = json(&["new", "loop", "polish", "--json"], 0);
    assert_eq!(created["name"], "polish");
    let path = created["files"][0]["path"].as_str().expect("a path");
    assert!(project.root().join(path).exists(), "{created}");
    project.ap(&FOREGROUND).expect(4);
    let waited = json(&["wait", "s", "--json"], 4);
    assert_eq!(
        (&waited["status"], &waited["exit"]),
        (&"limit_reached".into(), &4.into())
    );
}
