//! Compares the tasks of a session that was killed with what its agents did.
use crate::project::Project;
use serde_json::Value;

/// Every task is closed, once, and none is held.
pub(super) fn check(project: &Project, role: &str) {
    assert_eq!(
        project.read("backlog.md").matches("- [x]").count(),
        3,
        "{}",
        project.read("backlog.md")
    );
    let log = project.read(".agent-pipelines/.claims/backlog.md.log");
    for id in ["one", "two", "three"] {
        let closed = log
            .lines()
            .filter(|line| {
                line.contains("\"what\":\"closed\"") && line.contains(&format!("\"{id}\""))
            })
            .count();
        // The log comes last: a command that died after the change has not said so.
        assert!(
            closed == 1 || (role == "queue" && closed == 0),
            "{id} was closed {closed} times:\n{log}"
        );
    }
    let claims: Value =
        serde_json::from_str(&project.read(".agent-pipelines/.claims/backlog.md.json"))
            .expect("claims");
    // A claim that a command had no time to end is on a closed task, where it means nothing.
    let left = claims["claims"].as_object().map_or(0, serde_json::Map::len);
    assert!(
        left == 0 || (role == "queue" && left == 1),
        "claims left: {claims}"
    );
}
