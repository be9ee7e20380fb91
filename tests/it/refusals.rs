//! A start that is known to fail is refused before anything is created.
use crate::project::Project;
use camino::{Utf8Path, Utf8PathBuf};
use std::collections::BTreeSet;

/// A stand-in for Claude Code that says what it is told about its account, and whose agents find none.
fn claude(signed_in: bool) -> String {
    format!(
        "#!/bin/sh\nif [ \"$1\" = auth ]; then echo asked >>\"$ASKED\"; echo '{{\"loggedIn\": {signed_in}}}'; exit; fi\necho '{{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":true,\"result\":\"Not logged in\",\"num_turns\":1,\"total_cost_usd\":0}}'\nexit 1\n{}\n",
        // Large enough not to be taken for a script that takes any call for work.
        "#".repeat(4_300_000)
    )
}

/// Makes a project with a stand-in for `claude`.
fn project(signed_in: bool) -> Project {
    let mut project = Project::new();
    project.program("bin/claude", &claude(signed_in));
    let path = format!("{}/bin:{}", project.outside(), project.var("PATH"));
    let asked = project.outside().join("asked");
    project.set("PATH", path).set("ASKED", asked);
    project
}

/// Returns every path around the project, what the user has outside it too.
fn tree(folder: &Utf8Path) -> BTreeSet<Utf8PathBuf> {
    let mut found = BTreeSet::new();
    for entry in folder.read_dir_utf8().into_iter().flatten().flatten() {
        let path = entry.into_path();
        // tmux makes the folder of its socket, and the stand-in says that it was asked.
        let theirs = |name: &str| name.starts_with("tmux-") || name == "asked";
        if path.file_name().is_some_and(theirs) {
            continue;
        }
        found.extend(tree(&path));
        found.insert(path);
    }
    found
}

/// Fails the test unless the start is refused with these words, in tmux and in this terminal, and creates nothing.
#[track_caller]
fn refused(project: &Project, start: &[&str], words: &[&str]) {
    let before = tree(&project.outside());
    for flags in [&[][..], &["--foreground"], &["--force"]] {
        let start = [start, flags].concat();
        project.ap(&start).expect(2).says(words);
        let created: Vec<_> = tree(&project.outside())
            .difference(&before)
            .cloned()
            .collect();
        assert!(created.is_empty(), "{start:?} created {created:?}");
        assert!(project.tmux_sessions().is_empty(), "{start:?}");
    }
}

#[test]
fn a_start_without_tasks_is_refused() {
    let project = project(true);
    let start = ["work", "s", "25", "--provider", "scripted"];
    refused(
        &project,
        &start,
        &["no tasks found", "backlog.md", "- [ ] task"],
    );
    project.write("backlog.md", "# Backlog\n\nNothing yet.\n");
    refused(&project, &start, &["no tasks found", "backlog.md"]);
    refused(
        &project,
        &[
            "work",
            "s",
            "--queue",
            "plans/tasks.md",
            "--provider",
            "scripted",
        ],
        &["plans/tasks.md"],
    );
    // One that is done is there.
    project.write("backlog.md", "- [x] the only one\n");
    project
        .ap(&start)
        .expect(0)
        .says(&["complete: the queue is empty"]);
}

#[test]
fn a_start_without_a_goal_is_refused() {
    let project = project(true);
    refused(
        &project,
        &["ralph", "s"],
        &[
            "loop `ralph` needs something to work on",
            "--context",
            "--input FILE",
            "PROMPT.md",
        ],
    );
    refused(
        &project,
        &["merge-conflict", "s"],
        &[".git/MERGE_HEAD", "--context"],
    );
    refused(&project, &["autopilot", "s"], &["prd.md"]);
    project.write("prd.md", "Build it.\n");
    let without_gate = "loop `autopilot` needs verify.sh or .cc-autopipe/verify.sh";
    refused(&project, &["autopilot", "s"], &[without_gate]);
    project.write("verify.sh", "exit 1\n");
    project.ap(&["autopilot", "s", "--foreground"]).expect(1);
    refused(
        &project,
        &["pipeline", "ship", "s"],
        &["node `draft`", "--context"],
    );
    // Any of them is enough.
    project.write("PROMPT.md", "Build it.\n");
    project.ap(&["ralph", "s", "--foreground"]).expect(1);
    project
        .ap(&["ralph", "t", "--foreground", "--context", "x"])
        .expect(1);
}

#[test]
fn a_start_without_an_account_is_refused() {
    let project = project(false);
    let start = ["ralph", "s", "--context", "x"];
    refused(
        &project,
        &start,
        &["Claude Code is not signed in", "/login"],
    );
    project.ap(&["doctor"]).says(&["not signed in"]);
}

#[test]
fn the_login_check_is_cached() {
    let project = project(true);
    for session in ["a", "b"] {
        let start = ["ralph", session, "--context", "x", "--foreground"];
        project.ap(&start).expect(1);
    }
    let asked = fs_err::read_to_string(project.outside().join("asked")).expect("it was asked");
    assert_eq!(asked, "asked\n");
    project
        .ap(&["doctor"])
        .says(&["signed in: that account pays"]);
}

#[test]
fn a_start_without_its_tracker_is_refused() {
    let project = project(true);
    let yaml = |list: &str, more: &str| {
        format!(
            "termination: {{type: queue}}\nqueue:\n  provider: command\n{more}  commands: {{list: [{list}], claim: [cat], release: [cat], close: [cat]}}\n"
        )
    };
    project.shell_loop("work", &yaml("no-such-tracker", ""), "exit 1");
    refused(
        &project,
        &["work", "s"],
        &["no-such-tracker", "the queue of node `work` needs"],
    );
    project.shell_loop(
        "beads",
        "termination: {type: queue}\nqueue: {provider: beads, database: gone/.beads}\n",
        "exit 1",
    );
    refused(&project, &["beads", "s"], &["no program `bd`"]);
    project.program("bin/bd", "#!/bin/sh\nexit 1\n");
    refused(&project, &["beads", "s"], &["gone/.beads", "is not there"]);
}

#[test]
fn a_start_without_its_programs_is_refused() {
    let mut project = project(true);
    project.a_loop(
        "work",
        "termination: {type: fixed, max: 1}\nprovider: command\nprogram: no-such-program\n",
        "x\n",
    );
    refused(&project, &["work", "s"], &["no-such-program"]);
    project.shell_loop("work", "termination: {type: fixed, max: 1}\n", "exit 1");
    let empty = project.outside().join("empty");
    fs_err::create_dir_all(&empty).expect("a folder");
    let path = project.var("PATH").to_owned();
    project.set("PATH", &empty);
    let before = tree(&project.outside());
    project
        .ap(&["work", "s"])
        .expect(2)
        .says(&["tmux is not installed", "--foreground"]);
    assert_eq!(tree(&project.outside()), before);
    project.set("PATH", path);
}

#[test]
fn a_session_that_ends_at_once_is_not_reported_as_running() {
    let project = Project::new();
    project.shell_loop(
        "work",
        "termination: {type: fixed, max: 1}\nretries: 0\n",
        "exit 3",
    );
    let started = project.ap(&["work", "s"]).expect(1);
    started.says(&["Session 's' failed", "ap work s --resume"]);
    assert!(
        !started.stdout.contains("runs work in tmux"),
        "{}",
        started.text()
    );
    project.shell_loop(
        "quick",
        "termination: {type: fixed, max: 1}\n",
        "echo '{\"decision\": \"continue\"}' >\"$status\"",
    );
    project
        .ap(&["quick", "q"])
        .expect(0)
        .says(&["Session 'q' is complete"]);
}
