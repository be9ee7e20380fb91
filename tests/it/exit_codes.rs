//! Every exit code of the table is provoked, and errors are JSON where JSON was asked for.
use crate::project::{Project, Ran};
use serde_json::Value;
use std::collections::BTreeSet;

/// An agent that closes nothing and continues.
const CONTINUES: &str = "echo '{\"decision\": \"continue\"}' >\"$status\"";
const FOREGROUND: [&str; 3] = ["work", "s", "--foreground"];

fn project(max: u32) -> Project {
    let project = Project::new();
    let termination = format!("termination: {{ type: judgment, max: {max} }}\n");
    project.shell_loop("work", &termination, CONTINUES);
    project
}

/// Returns the codes of the page that `ap explain exit-codes` prints.
fn documented() -> BTreeSet<u8> {
    let ran = Project::new()
        .ap(&["explain", "exit-codes", "--json"])
        .expect(0);
    let page: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let text = page["text"].as_str().expect("a text");
    let table = text
        .split("| Exit code | Meaning |")
        .nth(1)
        .expect("a table");
    let rows = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        row.split('|')
            .nth(1)
            .expect("a code")
            .trim()
            .parse()
            .expect("a number")
    })
    .collect()
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

/// Provokes a code, or says why nothing does today.
fn provoke(code: u8) -> Result<Ran, &'static str> {
    Ok(match code {
        0 => Project::new().ap(&["list"]),
        1 => Project::new().ap(&["status", "gone"]),
        2 => Project::new().ap(&["status", "--what"]),
        3 => {
            let (project, running) = busy();
            let refused = project.ap(&["work", "s"]);
            project.ap(&["stop", "s"]).expect(0);
            assert_eq!(running.ended(), 5);
            refused
        }
        4 => project(1).ap(&FOREGROUND),
        5 => {
            let (project, running) = busy();
            project.ap(&["stop", "s"]).expect(0);
            assert_eq!(running.ended(), 5);
            project.ap(&["wait", "s"])
        }
        6 => return Err("no session asks yet"),
        75 => return Err("provoked where sessions are interrupted"),
        code => panic!("nothing provokes exit code {code}"),
    })
}

#[test]
fn every_documented_exit_code_is_provoked() {
    let codes = documented();
    assert_eq!(codes, BTreeSet::from([0, 1, 2, 3, 4, 5, 6, 75]));
    for code in codes {
        if let Ok(ran) = provoke(code) {
            ran.expect(code.into());
        }
    }
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
