//! Recognises workflows of other programs, which would otherwise be reported as a list of unknown keys.
use super::diagnostics::{Document, LintCode, Path};
use serde_yaml::Value;

/// A program's name, and the keys that its workflows have at the top and these definitions do not.
const PROGRAMS: [(&str, &[&str]); 5] = [
    ("takt", &["initial_movement", "movements", "max_movements"]),
    ("takt", &["initial_step", "steps"]),
    ("ralph-orchestrator", &["event_loop"]),
    ("ralph-orchestrator", &["hats"]),
    ("GitHub Actions", &["on", "jobs"]),
];
/// Keys of a node in a workflow of Archon.
const ARCHON: [&str; 5] = ["depends_on", "bash", "trigger_rule", "when", "command"];

/// Reports a definition that looks like another program's workflow, in one line. Returns whether it does.
pub(super) fn is_foreign(document: &Document, value: &Value) -> bool {
    let Some(program) = program(value) else {
        return false;
    };
    let message = format!("this looks like a workflow of {program}");
    let problem = document.spanning(0..0, &Path::default(), LintCode::NotADefinition, message);
    document.report(problem.unreadable().hint(
        "`ap` cannot run it. `ap new pipeline NAME` writes one to start from; copy the prompts of its steps into it",
    ));
    true
}

fn program(value: &Value) -> Option<&'static str> {
    let has = |key: &&str| value.get(*key).is_some();
    let known = PROGRAMS.iter().find(|(_, keys)| {
        // The longer list holds old names of the same keys, so any one of its keys is enough.
        if keys.contains(&"movements") {
            keys.iter().any(has)
        } else {
            keys.iter().all(has)
        }
    });
    let nodes = || {
        let mut nodes = value.get("nodes")?.as_sequence()?.iter();
        nodes
            .any(|node| ARCHON.iter().any(|key| node.get(*key).is_some()))
            .then_some("Archon")
    };
    known.map(|(program, _)| *program).or_else(nodes)
}
