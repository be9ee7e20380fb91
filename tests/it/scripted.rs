//! The scripted agent in loops other than `work`: it plays their own scripts, and never touches your tasks.
use crate::project::Project;

const BACKLOG: &str = "- [ ] one (#one)\n- [ ] two (#two)\n";

#[test]
fn every_built_in_loop_plays_its_own_script_and_leaves_the_backlog_alone() {
    for (name, code) in [("ralph", 0), ("idea-wizard", 0)] {
        let project = Project::new();
        project.write("backlog.md", BACKLOG);
        let start = [name, "s", "--provider", "scripted", "--foreground"];
        project.ap(&start).expect(code);
        assert_eq!(project.read("backlog.md"), BACKLOG, "{name}");
        assert!(project.journal("s").len() > 4, "{name}");
        let said = project.ap(&["logs", "s", "--iteration", "1"]).text();
        assert!(!said.contains("queue claim"), "{name}: {said}");
    }
}

#[test]
fn a_loop_without_a_script_only_reports() {
    let project = Project::new();
    project.write("backlog.md", BACKLOG);
    project.a_loop(
        "mine",
        "termination: {type: judgment, consensus: 1}\n",
        "Do it.\n${STATUS}\n",
    );
    project
        .ap(&["mine", "s", "--provider", "scripted", "--foreground"])
        .expect(0);
    assert_eq!(project.read("backlog.md"), BACKLOG);
}

#[test]
fn a_task_whose_commit_fails_stays_open() {
    let project = Project::new();
    project.write("backlog.md", BACKLOG);
    project.program("refuse", "#!/bin/sh\nexit 1\n");
    let hook = project.root().join(".git/hooks/pre-commit");
    fs_err::copy(project.outside().join("refuse"), hook).expect("a hook");
    project.ap(&["work", "s", "1", "--provider", "scripted", "--foreground"]);
    assert_eq!(project.read("backlog.md").matches("[x]").count(), 0);
    project
        .ap(&["status", "s"])
        .says(&["`git commit` failed, so the task stays open"]);
}
