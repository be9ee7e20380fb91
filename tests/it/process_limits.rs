//! What `ulimit` and the environment may take away from a runner: an error with its reason, and no panic.
use crate::project::{AP, Project, Ran};

fn limited(project: &Project, limit: &str) -> Ran {
    let script = format!("{limit}; exec \"$0\" work s --foreground");
    let output = project.command("bash").args(["-c", &script, AP]).output();
    output.expect("bash runs").into()
}

fn project() -> Project {
    let project = Project::new();
    let script = r#"echo '{"decision":"continue"}' > "$status""#;
    project.shell_loop("work", "termination: { type: fixed, max: 1 }\n", script);
    project
}

#[test]
fn too_few_open_files_are_an_error_that_says_so() {
    let project = project();
    limited(&project, "ulimit -n 12").expect(1).says(&[
        "may open 12 files at a time (`ulimit -n`)",
        "ulimit -n 1024",
    ]);
    project.ap(&["work", "s", "--foreground"]).expect(0);
}

#[test]
fn a_limit_for_the_size_of_files_is_an_error_with_its_reason() {
    let project = project();
    let ran = limited(&project, "ulimit -f 0");
    assert_eq!(ran.code, 1, "{}", ran.text());
    ran.says(&["File too large"]);
}

#[test]
fn a_missing_tmpdir_keeps_no_session_from_starting() {
    let mut project = project();
    project.set("TMPDIR", "/nonexistent");
    project.ap(&["work", "s"]).expect(0);
    project.ap(&["wait", "s"]).expect(0);
    assert_eq!(project.history("s"), [1]);
}
