//! The twelve states a queue can be in, and what `ready` answered in each.
use super::{Bd, VERSIONS};
use crate::project::Ran;
use serde_json::Value;
use std::fmt::Write as _;

/// Drives a queue through its states and notes for each how many issues and how many lines `ready` answers.
struct Drive {
    bd: Bd,
    version: &'static str,
    noted: String,
}

impl Drive {
    fn note(&mut self, state: &str) {
        let answer = self.bd.run(&["ready", "--label", "pipeline/s", "--json"]);
        let mut issues: Value = serde_json::from_str(&answer.stdout).unwrap_or_default();
        if let Some(data) = issues.get_mut("data") {
            issues = data.take();
        }
        let count = issues
            .as_array()
            .map_or("-".into(), |issues| issues.len().to_string());
        let lines = self
            .bd
            .run(&["ready", "--label=pipeline/s"])
            .stdout
            .lines()
            .count();
        writeln!(self.noted, "{}\t{state}\t{count}\t{lines}", self.version).expect("a string");
    }

    #[track_caller]
    fn run(&self, args: &[&str]) -> Ran {
        self.bd.run(args).expect(0)
    }
}

fn states(version: &'static str) -> String {
    let mut drive = Drive {
        bd: Bd::new(version),
        version,
        noted: String::new(),
    };
    drive.note("no database");
    drive.run(&["init", "--prefix", "s", "--quiet"]);
    drive.note("empty database");
    drive.bd.create("other", &[]);
    let outside = drive.bd.create("outside", &["-l", "other"]);
    drive.note("only other labels");
    let a = drive.bd.create("a", &["-l", "pipeline/s"]);
    drive.note("one open");
    drive.run(&[
        "update",
        &a,
        "--status",
        "in_progress",
        "--assignee",
        "me",
        "--json",
    ]);
    drive.note("in_progress, live owner");
    drive.run(&[
        "update",
        &a,
        "--status",
        "in_progress",
        "--assignee",
        "dead",
        "--json",
    ]);
    drive.note("in_progress, dead owner");
    drive.run(&["update", &a, "--status", "open", "--assignee", "", "--json"]);
    drive.run(&["dep", "add", &a, &outside]);
    drive.note("blocked by issue of other label");
    drive.run(&["dep", "remove", &a, &outside]);
    drive.run(&["update", &a, "--status", "blocked", "--json"]);
    drive.note("status=blocked");
    drive.run(&[
        "update",
        &a,
        "--status",
        "open",
        "--assignee",
        "someone",
        "--json",
    ]);
    drive.note("open but assigned to another");
    drive.run(&["update", &a, "--assignee", "", "--json"]);
    let epic = drive.bd.create("ep", &["-t", "epic", "-l", "pipeline/s"]);
    drive.run(&["close", &a, "--reason", "r", "--json"]);
    drive.note("all closed, open epic remains");
    drive.run(&["close", &epic, "--reason", "r", "--json"]);
    drive.note("all closed");
    for number in 1..=12 {
        drive
            .bd
            .create(&format!("m{number}"), &["-l", "pipeline/s"]);
    }
    drive.note("12 open (default limit)");
    drive.noted
}

#[test]
fn ready_answers_in_every_state_as_recorded() {
    let recorded = include_str!("../../data/bd/queue-states.txt");
    for version in ["0.24.4", "0.29.0", "0.46.0", "0.47.0", "0.49.5"] {
        let own = recorded
            .lines()
            .filter(|line| line.starts_with(&format!("{version}\t")));
        assert_eq!(
            states(version),
            own.map(|line| format!("{line}\n")).collect::<String>()
        );
    }
}

#[test]
fn ready_answers_in_every_state_as_the_last_recorded_version_does_save_for_its_limit() {
    let without = |text: String| {
        text.lines()
            .map(|line| line.split_once('\t').expect("a version").1.to_owned())
            .collect::<Vec<_>>()
    };
    let last = without(states("0.49.5"));
    for version in VERSIONS.iter().filter(|version| !version.starts_with('0')) {
        let mut expected = last.clone();
        expected[11] = "12 open (default limit)\t12\t16".into();
        assert_eq!(without(states(version)), expected, "{version}");
    }
}
