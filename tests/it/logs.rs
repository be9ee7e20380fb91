//! What `ap logs` prints while there is little to print.
use crate::project::Project;

#[test]
fn logs_before_the_first_iteration_are_empty_and_no_failure() {
    let project = Project::new();
    project.shell_loop(
        "work",
        "termination: {type: fixed, iterations: 2}\n",
        "echo '{\"decision\": \"continue\"}' >\"$status\"",
    );
    project.ap(&["work", "s", "--foreground"]).expect(0);
    let journal = project.journal("s");
    let begun = journal
        .iter()
        .position(|line| line["event"]["type"] == "iteration_started");
    project.write_journal("s", journal[..begun.expect("an iteration")].to_vec());
    // What is made from the journal knows more of it.
    for view in ["state.json", "checkpoint.json"] {
        let _ = fs_err::remove_file(project.root().join(project.run_file("s", view)));
    }
    let shown = project.ap(&["logs", "s"]).expect(0);
    assert_eq!(shown.stdout, "");
    shown.says(&[
        "Nothing yet: no iteration of stage `work` has started yet",
        "ap tail s",
    ]);
    project.ap(&["logs", "s", "--iteration", "1"]).expect(1);
}
