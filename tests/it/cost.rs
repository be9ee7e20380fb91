//! `ap cost`: the ledger has what journals say, across projects, forks and branches, and what was deleted stays.
use crate::project::Project;
use serde_json::{Value, json};

const LOOP: &str = "termination: {type: fixed}\niterations: 2\n";
const SCRIPT: &str = "iterations:\n  - {status: {decision: continue}, cost_usd: 0.5}\n";

fn report(project: &Project, args: &[&str]) -> Value {
    let args = [&["cost", "--json"], args].concat();
    serde_json::from_str(&project.ap(&args).expect(0).stdout).expect("JSON")
}

fn rows(report: &Value) -> Vec<(String, f64)> {
    let rows = report["rows"].as_array().expect("rows").iter();
    let row = |row: &Value| {
        let usd = row["usage"]["cost_usd"].as_f64().expect("a cost");
        (row["name"].as_str().expect("a name").to_owned(), usd)
    };
    rows.map(row).collect()
}

#[test]
fn costs_are_shown_by_session_node_model_and_day() {
    let project = Project::new();
    project.scripted_loop("work", LOOP, SCRIPT);
    project
        .ap(&["cost"])
        .expect(0)
        .says(&["Nothing was spent in this project"]);
    for session in ["s", "t"] {
        project.ap(&["work", session, "--foreground"]).expect(0);
    }
    let by_session = report(&project, &[]);
    assert_eq!(
        rows(&by_session),
        [("s".to_owned(), 1.0), ("t".to_owned(), 1.0)]
    );
    assert_eq!(by_session["total"]["attempts"], 4);
    assert_eq!(rows(&report(&project, &["t"])), [("t".to_owned(), 1.0)]);
    assert_eq!(
        rows(&report(&project, &["--by", "node"])),
        [("work".to_owned(), 2.0)]
    );
    assert_eq!(
        rows(&report(&project, &["--by", "model"])),
        [("scripted".to_owned(), 2.0)]
    );
    let root = project.root().to_string();
    assert_eq!(
        rows(&report(&project, &["--by", "project", "--all"])),
        [(root, 2.0)]
    );
    let by_day = report(&project, &["--by", "day", "--since", "today"]);
    assert_eq!(rows(&by_day).len(), 1);
    assert_eq!(by_day["days"].as_array().map(Vec::len), Some(14));
    assert_eq!(rows(&report(&project, &["--since", "2999-01-01"])), []);
    project
        .ap(&["cost", "--by", "session"])
        .expect(0)
        .says(&["SESSION", "ATTEMPTS", "$1.00", "$2.00"]);
    project
        .ap(&["cost", "--since", "soon"])
        .expect(2)
        .says(&["a time like 7d"]);
}

#[test]
fn a_fork_counts_from_zero_and_nothing_is_booked_twice() {
    let project = Project::new();
    project.scripted_loop("work", LOOP, SCRIPT);
    project.ap(&["work", "s", "--foreground"]).expect(0);
    project
        .ap(&[
            "fork",
            "s",
            "--at",
            "1",
            "--as",
            "f",
            "--hold",
            "--no-worktree",
        ])
        .expect(0)
        .says(&["Its budgets count from zero"]);
    assert_eq!(project.status("f")["usage"]["cost_usd"], json!(0.0));
    project
        .ap(&["work", "f", "--foreground", "--resume"])
        .expect(0);
    let expected = [("s".to_owned(), 1.0), ("f".to_owned(), 0.5)];
    assert_eq!(rows(&report(&project, &[])), expected);
    // Without their positions the observers see every fact again.
    for session in ["s", "f"] {
        let position = project
            .root()
            .join(project.run_file(session, "observers/ledger"));
        fs_err::remove_file(position).expect("it is there");
    }
    project.ap(&["work", "f", "3", "--foreground", "--resume"]);
    let ledger = rows(&report(&project, &[]));
    assert_eq!(ledger, rows(&report(&project, &["--rebuild"])));
    assert_eq!(ledger[0], ("s".to_owned(), 1.0));
}

#[test]
fn a_ledger_that_was_lost_or_damaged_is_made_again_from_the_journals() {
    let project = Project::new();
    project.scripted_loop("work", LOOP, SCRIPT);
    project.ap(&["work", "s", "--foreground"]).expect(0);
    project
        .ap(&["work", "s", "--foreground", "--force"])
        .expect(0);
    let before = report(&project, &[]);
    assert_eq!(
        before["total"]["usage"]["cost_usd"],
        json!(2.0),
        "the archived run counts"
    );
    let ledger = project.outside().join("ap home/state/spent.jsonl");
    agent_pipelines::store::atomic::replace(&ledger, b"{\"run\": \"torn").expect("a file");
    project
        .ap(&["cost"])
        .expect(0)
        .says(&["1 line of the ledger cannot be read; `ap cost --rebuild` makes it again"]);
    let rebuilt = report(&project, &["--rebuild"]);
    assert_eq!(rebuilt["total"], before["total"]);
    assert_eq!(rebuilt["rebuilt"]["dropped"], 1);
    fs_err::remove_file(&ledger).expect("it is there");
    assert_eq!(report(&project, &["--rebuild"])["total"], before["total"]);
}
