//! `ap` with words that are no command: help, near misses, and names without their kind.
use crate::project::Project;

/// A project with a loop, a pipeline and a stopped session of the loop.
fn project() -> Project {
    let project = Project::new();
    project.scripted_loop(
        "greet",
        "termination: {type: fixed, iterations: 5}\n",
        "iterations: []\n",
    );
    project.write(
        ".claude/pipelines/tour.yaml",
        "nodes: [{id: a, prompt: '${STATUS}', provider: scripted}]\n",
    );
    project
}

#[test]
fn a_near_miss_is_answered_with_the_right_command() {
    let project = project();
    project
        .ap(&["greet", "auth", "1", "--foreground"])
        .says(&["Session 'auth'"]);
    for (typed, meant) in [
        (vec!["satus"], "did you mean `ap status`?"),
        (vec!["pipline", "tour"], "did you mean `ap pipeline tour`?"),
        (vec!["tour", "x"], "did you mean `ap pipeline tour x`?"),
        (vec!["tuor"], "did you mean `ap pipeline tour`?"),
        (
            vec!["grete", "a b", "3"],
            "did you mean `ap greet 'a b' 3`?",
        ),
        (vec!["grete", "b", "3"], "did you mean `ap greet b 3`?"),
        (vec!["auth"], "did you mean `ap status auth`?"),
        (
            vec!["loop", "tour"],
            "`tour` is a pipeline: `ap pipeline tour`",
        ),
        (vec!["pipeline", "greet"], "`greet` is a loop: `ap greet`"),
    ] {
        let refused = project.ap(&typed).expect(2);
        refused.says(&[meant]);
        assert!(refused.stderr.lines().count() <= 4, "{}", refused.stderr);
    }
}

#[test]
fn an_unknown_name_is_answered_with_where_it_was_looked_for() {
    let project = project();
    for typed in [vec!["qqq"], vec!["loop", "qqq"]] {
        project.ap(&typed).expect(2).says(&[
            "looked in `.claude/loops`",
            "and the built-in loops; `ap` lists",
        ]);
    }
    project
        .ap(&["pipeline", "qqq"])
        .expect(2)
        .says(&["looked in `.claude/pipelines`"]);
}

#[test]
fn help_version_and_ls_do_what_they_say() {
    let project = project();
    let same = |words: &[&str], as_typed: &[&str]| {
        let (one, other) = (project.ap(words).expect(0), project.ap(as_typed).expect(0));
        assert_eq!(one.stdout, other.stdout, "{words:?}");
    };
    same(&["help"], &["--help"]);
    same(&["help", "status"], &["status", "--help"]);
    same(&["help", "queue", "claim"], &["queue", "claim", "--help"]);
    same(&["help", "greet"], &["greet", "--help"]);
    same(&["version"], &["--version"]);
    same(&["ls"], &["list"]);
    project
        .ap(&["help", "satus"])
        .expect(2)
        .says(&["ap status"]);
}

#[test]
fn dry_run_and_new_take_a_name_alone() {
    let project = project();
    let bare = project.ap(&["dry-run", "greet", "auth"]).expect(0).stdout;
    let full = project.ap(&["dry-run", "loop", "greet", "auth"]).expect(0);
    assert_eq!(bare, full.stdout);
    project
        .ap(&["dry-run", "tour"])
        .expect(0)
        .says(&["pipeline tour"]);
    project
        .ap(&["dry-run", "loop"])
        .expect(2)
        .says(&["the name of the loop is missing"]);
    project
        .ap(&["dry-run", "lop", "greet", "s"])
        .expect(2)
        .says(&["neither `loop` nor `pipeline`"]);
    project.ap(&["new", "polish"]).expect(0);
    assert!(
        project
            .read(".claude/loops/polish/loop.yaml")
            .contains("polish")
    );
    project
        .ap(&["new", "pipeline"])
        .expect(2)
        .says(&["the name of the pipeline is missing"]);
}
