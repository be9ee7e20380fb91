//! What surrounds a session: nested repositories, what earlier agents left, agents that start sessions, low limits.
use crate::project::{AP, Project, Ran};

const RUN: [&str; 3] = ["work", "s", "--foreground"];
const DONE: &str = r#"echo '{"decision":"continue","summary":"same"}' >"$status""#;
const NEVER_DONE: &str = "termination: { type: judgment, consensus: 2 }\niterations: 5\nguardrails: { max_idle_iterations: 2 }\n";

fn git(project: &Project, args: &[&str]) {
    let done = project
        .command("git")
        .args(args)
        .status()
        .expect("git runs");
    assert!(done.success(), "git {args:?}");
}

/// A project that is no repository, with two below it.
fn umbrella(does: &str) -> Project {
    let project = Project::new();
    fs_err::remove_dir_all(project.root().join(".git")).expect("it was one");
    for name in ["api", "web"] {
        git(&project, &["init", "-q", name]);
    }
    project.shell_loop("work", NEVER_DONE, &format!("{does}\n{DONE}"));
    project
}

#[test]
fn commits_in_a_nested_repository_are_progress() {
    let commit = "git -C api -c user.name=a -c user.email=a@b commit -q --allow-empty -m $n";
    let project = umbrella(commit);
    let ran = project.ap(&RUN).expect(4);
    assert!(!ran.text().contains("changed nothing"), "{}", ran.text());
    assert_eq!(project.history("s"), [1, 2, 3, 4, 5]);
}

#[test]
fn files_in_a_nested_repository_are_progress() {
    let project = umbrella("echo $n >web/file");
    project.ap(&RUN).expect(4);
    assert_eq!(project.history("s"), [1, 2, 3, 4, 5]);
}

#[test]
fn nothing_in_nested_repositories_is_no_progress() {
    let project = umbrella("");
    project
        .ap(&RUN)
        .expect(4)
        .says(&["2 iterations in a row changed nothing"]);
    assert_eq!(project.history("s").len(), 3);
}

#[test]
fn the_session_of_the_outer_project_is_named_within_a_submodule() {
    let project = Project::new();
    project.shell_loop(
        "work",
        "termination: { type: fixed, iterations: 1 }\n",
        DONE,
    );
    project.ap(&RUN).expect(0);
    git(&project, &["init", "-q", "lib"]);
    let outer = project.root().as_str();
    for (session, words) in [
        ("s", "another project has one of that name: `ap status s -C"),
        ("other", "has its own: run the command there"),
    ] {
        let mut status = project.command(AP);
        status
            .args(["status", session])
            .current_dir(project.root().join("lib"));
        let ran = Ran::from(status.output().expect("ap runs"));
        assert_ne!(ran.code, 0);
        ran.says(&[words, outer]);
    }
}

#[test]
fn a_session_that_would_end_with_the_agent_that_starts_it_is_refused() {
    let project = Project::new();
    project.shell_loop(
        "inner",
        "termination: { type: fixed, iterations: 1 }\n",
        DONE,
    );
    let starts = format!("'{AP}' inner nested >../said 2>&1; echo $? >>../said\n{DONE}");
    project.shell_loop(
        "work",
        "termination: { type: fixed, iterations: 1 }\n",
        &starts,
    );
    project.ap(&RUN).expect(0);
    let said = project.read("../said");
    assert!(said.contains("would end with the agent"), "{said}");
    assert!(said.contains("--foreground"), "{said}");
    assert!(!said.ends_with("\n0\n"), "{said}");
    project.nothing_left();
}

#[test]
fn the_next_agent_is_told_of_a_lock_of_the_index_that_an_ended_one_left() {
    let project = Project::new();
    project.shell_loop(
        "work",
        "termination: { type: fixed, iterations: 2 }\n",
        &format!("[ $n = 2 ] || touch .git/index.lock\n{DONE}"),
    );
    project.ap(&RUN).expect(0);
    let context = |n: u32| {
        let path = format!("stage-00-work/iterations/00{n}/context.json");
        let text = project.read(&project.run_file("s", &path));
        let context: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        context["last_error"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(context(1), "");
    assert!(context(2).contains("index.lock exists"), "{}", context(2));
}

#[test]
fn too_few_descriptors_are_an_error_with_its_reason() {
    let project = Project::new();
    project.shell_loop(
        "work",
        "termination: { type: fixed, iterations: 1 }\n",
        DONE,
    );
    let script = "ulimit -n 12; exec \"$0\" work s --foreground";
    let output = project.command("/bin/sh").args(["-c", script, AP]).output();
    let ran = Ran::from(output.expect("sh runs"));
    assert_eq!(ran.code, 1, "{}", ran.text());
    assert!(!ran.text().contains("panicked"), "{}", ran.text());
    ran.says(&["a session needs 48", "ulimit -n 1024"]);
}

#[test]
fn a_missing_tmpdir_is_an_error_with_its_reason() {
    let mut project = Project::new();
    project.shell_loop(
        "work",
        "termination: { type: fixed, iterations: 1 }\n",
        DONE,
    );
    let missing = project.outside().join("missing");
    project.set("TMPDIR", missing.as_str());
    let ran = project.ap(&["work", "s"]);
    assert_ne!(ran.code, 0, "{}", ran.text());
    ran.says(&[missing.as_str(), "help:"]);
}
