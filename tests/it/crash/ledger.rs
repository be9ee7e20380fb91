//! Compares the ledger with the journals of a session that was killed.
use crate::project::Project;
use serde_json::Value;

/// The ledger has what the journals say was spent, each attempt and each answer of a judge once, and is the same when it
/// is made again.
pub(super) fn check(project: &Project) {
    let spent = |args: &[&str]| -> Value {
        let printed = project.ap(args).expect(0).stdout;
        serde_json::from_str(&printed).expect("JSON")
    };
    let report = spent(&["cost", "--json"]);
    let runs = project.root().join(".claude/pipeline-runs/s");
    let mut journals = vec![runs.join("events.jsonl")];
    let branches =
        ["a", "b"].map(|name| runs.join(format!("parallel-00-side/providers/{name}/events.jsonl")));
    journals.extend(branches.into_iter().filter(|path| path.exists()));
    let (mut usd, mut attempts) = (0.0, 0);
    for path in journals {
        let text = fs_err::read_to_string(path).expect("a journal");
        for line in text.lines() {
            let line: Value = serde_json::from_str(line).expect("JSON");
            let cost = line["event"]["usage"]["cost_usd"]
                .as_f64()
                .unwrap_or_default();
            let costs = ["agent_exited", "gate_answered"].map(|kind| line["event"]["type"] == kind);
            if costs.contains(&true) && 0.0 < cost {
                (usd, attempts) = (usd + cost, attempts + 1);
            }
        }
    }
    assert!(0 < attempts, "no attempt cost anything");
    let total = &report["total"];
    assert_eq!(
        (
            total["usage"]["cost_usd"].as_f64(),
            total["attempts"].as_u64()
        ),
        (Some(usd), Some(attempts)),
        "the ledger and the journals differ"
    );
    let rebuilt = spent(&["cost", "--rebuild", "--json"]);
    assert_eq!(rebuilt["total"], report["total"]);
    assert_eq!(rebuilt["rebuilt"]["kept"], 0);
}
