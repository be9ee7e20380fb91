//! Compares the views of a session that was killed with its journal.
use crate::project::Project;
use serde_json::Value;

/// `state.json` says what the journal says, and comes back when it is gone.
pub(super) fn check(project: &Project) {
    let path = project.run_file("s", "state.json");
    let view: Value = serde_json::from_str(&project.read(&path)).expect("state.json");
    fs_err::remove_file(project.root().join(path)).expect("it is there");
    let (status, list) = (project.status("s"), project.ap(&["list", "--json"]).stdout);
    // Nor does a checkpoint say anything else.
    let _ = fs_err::remove_file(
        project
            .root()
            .join(project.run_file("s", "checkpoint.json")),
    );
    assert_eq!(
        project.status("s"),
        status,
        "a checkpoint and the journal differ"
    );
    assert_eq!(
        project.ap(&["list", "--json"]).stdout,
        list,
        "a summary and the journal differ"
    );
    // Only the file has the number of lines, by which a cut of the journal is found.
    let fields = view.as_object().expect("an object").iter();
    for (field, value) in fields.filter(|(field, _)| *field != "journal_lines") {
        assert_eq!(
            value, &status[field],
            "state.json and the journal differ in `{field}`"
        );
    }
    assert_eq!(view["status"], "complete");
}
