//! Compares the hooks of a session that was killed with what they noted.
use crate::project::Project;
use serde_json::Value;
use std::collections::BTreeMap;

/// Notes the event that it reads; one whose runner died before it wrote the event reads nothing, and runs again.
///
/// The iteration is not over before the end of the hook that only observes is recorded: a session that is complete is
/// not continued for it.
pub(super) const NOTES: &str = r#"#!/bin/sh
read -r line
[ -n "$line" ] || exit 1
echo "$line" >>../hooks
[ "$AP_EVENT" != iteration_end ] || until grep -q '"exit":' .claude/pipeline-runs/s/hooks.jsonl; do sleep 0.01; done
"#;

/// Every hook ran at its moment, was recorded once, and was told so if it ran again.
pub(super) fn check(project: &Project) {
    let awaited = ["iteration_end", "session_end"];
    for kind in ["hook_started", "hook_ended"] {
        let recorded = project.events("s", kind);
        let names: Vec<_> = recorded
            .iter()
            .map(|it| it["event"].as_str().unwrap_or_default())
            .collect();
        assert_eq!(names, awaited, "{kind}");
    }
    let noted = fs_err::read_to_string(project.outside().join("hooks")).expect("hooks ran");
    let mut runs: BTreeMap<String, Vec<bool>> = BTreeMap::new();
    for line in noted.lines() {
        let event: Value = serde_json::from_str(line).expect("JSON");
        let name = event["event"].as_str().expect("a name").to_owned();
        runs.entry(name).or_default().push(event["again"] == true);
    }
    for event in awaited.iter().chain(&["session_start"]) {
        let runs = runs.get(*event).map_or(&[][..], Vec::as_slice);
        assert!(!runs.is_empty(), "{event} did not run:\n{noted}");
        assert!(runs.len() <= 2, "{event} ran too often:\n{noted}");
        assert!(
            runs[1..].iter().all(|again| *again),
            "{event} was not told:\n{noted}"
        );
    }
    let log = project.read(&project.run_file("s", "hooks.jsonl"));
    assert_eq!(log.matches("\"exit\":").count(), 1, "recorded once:\n{log}");
}
