//! `max_idle_iterations`: iterations that change nothing end the session, any change prevents that.
use crate::project::{Project, Ran};

/// An agent that does this and says the same as the one before it.
fn project(loop_yaml: &str, does: &str) -> Project {
    let project = Project::new();
    let script = format!(
        "{does}\n[ -s \"$status\" ] || echo '{{\"decision\":\"continue\",\"summary\":\"same\"}}' >\"$status\""
    );
    project.shell_loop("work", loop_yaml, &script);
    project
}

fn run(project: &Project, more: &[&str]) -> Ran {
    project.ap(&[&["work", "s", "--foreground"], more].concat())
}

const NEVER_DONE: &str = "termination: { type: judgment, consensus: 2 }\niterations: 9\n";

#[test]
fn idle_iterations_end_the_session() {
    let project = project(NEVER_DONE, "");
    run(&project, &[]).expect(4).says(&[
        "5 iterations in a row changed nothing (no commit, no changed file, no closed task, the same report)",
        "ap logs s",
        "guardrails.max_idle_iterations",
        "ap work s --resume",
    ]);
    // The first has nothing to be compared with.
    assert_eq!(project.history("s").len(), 6);
    // The user has seen it before the resume.
    run(&project, &["--resume"]).expect(4);
    assert_eq!(project.history("s").len(), 9);
}

#[test]
fn the_loop_sets_its_idle_limit() {
    let project = project(
        &format!("{NEVER_DONE}guardrails: {{ max_idle_iterations: 2 }}\n"),
        "",
    );
    run(&project, &[])
        .expect(4)
        .says(&["2 iterations in a row changed nothing"]);
    assert_eq!(project.history("s").len(), 3);
}

#[test]
fn any_change_counts_as_progress() {
    for (what, does) in [
        ("a new file", "echo >\"file-$n\""),
        ("a file's content", "echo $n >file"),
        (
            "a byte of a binary file",
            r#"printf "\\$(printf %o $((200+n)))" >file"#,
        ),
        (
            "a commit",
            "git -c user.name=a -c user.email=a@b commit -q --allow-empty -m $n",
        ),
        (
            "the report",
            "echo \"{\\\"decision\\\":\\\"continue\\\",\\\"summary\\\":\\\"$n\\\"}\" >\"$status\"",
        ),
    ] {
        let project = project(NEVER_DONE, does);
        run(&project, &[])
            .expect(4)
            .says(&["iteration limit reached (9)"]);
        assert_eq!(project.history("s").len(), 9, "{what}");
    }
}

#[test]
fn our_own_files_do_not_count_as_progress() {
    for does in [
        "echo $n >.claude/notes",
        "mkdir -p .agent-pipelines; echo $n >.agent-pipelines/notes",
    ] {
        let project = project(NEVER_DONE, does);
        run(&project, &[]).expect(4).says(&["changed nothing"]);
    }
}

#[test]
fn iterations_that_vote_stop_are_not_idle() {
    let project = project(
        "termination: { type: judgment, consensus: 4, min_iterations: 6 }\niterations: 9\nguardrails: { max_idle_iterations: 2 }\n",
        "echo '{\"decision\":\"stop\",\"summary\":\"done\"}' >\"$status\"",
    );
    run(&project, &[]).expect(0);
    assert_eq!(project.history("s").len(), 6);
}

#[test]
fn idle_iterations_continue_when_the_limit_is_off() {
    let project = project(
        &format!("{NEVER_DONE}guardrails: {{ max_idle_iterations: 0 }}\n"),
        "",
    );
    run(&project, &[])
        .expect(4)
        .says(&["iteration limit reached (9)"]);
}

#[test]
fn fixed_loops_ignore_the_default_idle_limit() {
    let fixed = "termination: { type: fixed }\niterations: 9\n";
    let free = project(fixed, "");
    run(&free, &[]).expect(0);
    assert_eq!(free.history("s").len(), 9);
    let bounded = project(
        &format!("{fixed}guardrails: {{ max_idle_iterations: 2 }}\n"),
        "",
    );
    run(&bounded, &[])
        .expect(4)
        .says(&["2 iterations in a row changed nothing"]);
}
