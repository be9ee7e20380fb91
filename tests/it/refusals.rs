//! A start that is known to fail is refused before anything is created.
use crate::project::Project;
use camino::{Utf8Path, Utf8PathBuf};
use std::collections::BTreeMap;

const ONCE: &str = "termination: {type: fixed, max: 1}\n";
const REPORTS: &str = "echo '{\"decision\": \"continue\"}' >\"$status\"";

/// A stand-in for Claude Code that says what it is told about its account, and whose agents find none.
fn claude(signed_in: bool) -> String {
    format!(
        "#!/bin/sh\nif [ \"$1\" = auth ]; then echo asked >>\"$ASKED\"; echo '{{\"loggedIn\": {signed_in}}}'; exit; fi\ncat '{}'; exit 1\n{}\n",
        concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/data/claude/not-logged-in.jsonl"
        ),
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

/// Returns every path around the project with its content, what the user has outside it too.
fn tree(folder: &Utf8Path) -> BTreeMap<Utf8PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in folder.read_dir_utf8().into_iter().flatten().flatten() {
        let path = entry.into_path();
        // tmux makes the folder of its socket, and the stand-in says that it was asked.
        let theirs = |name: &str| name.starts_with("tmux-") || name == "asked";
        if path.file_name().is_some_and(theirs) {
            continue;
        }
        found.extend(tree(&path));
        let content = fs_err::read(&path).unwrap_or_default();
        found.insert(path, content);
    }
    found
}

/// Fails the test unless the start ends with this exit code and these words, and creates, changes and removes nothing.
#[track_caller]
fn changes_nothing(project: &Project, start: &[&str], code: i32, words: &[&str]) {
    let before = tree(&project.outside());
    project.ap(start).expect(code).says(words);
    let after = tree(&project.outside());
    let paths = before.keys().chain(after.keys());
    let changed: Vec<_> = paths
        .filter(|path| before.get(*path) != after.get(*path))
        .collect();
    assert!(changed.is_empty(), "{start:?} changed {changed:?}");
    assert!(project.tmux_sessions().is_empty(), "{start:?}");
}

/// Fails the test unless the start is refused with these words, in tmux and in this terminal, and creates nothing.
#[track_caller]
fn refused(project: &Project, start: &[&str], words: &[&str]) {
    for flags in [&[][..], &["--foreground"], &["--force"]] {
        changes_nothing(project, &[start, flags].concat(), 2, words);
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
fn a_start_without_a_goal_because_of_a_template_is_refused() {
    let project = project(true);
    project.ap(&["init", "--no-register"]).expect(0);
    let start = ["autopilot", "s"];
    let of_prd = ".agent-pipelines/prd.md is still the template that `ap init` wrote";
    refused(&project, &start, &[of_prd]);
    project.write(".agent-pipelines/prd.md", "- [ ] it greets\n");
    let of_gate = ".agent-pipelines/verify.sh is still the template that `ap init` wrote";
    refused(&project, &start, &[of_gate]);
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
    let without_gate =
        "loop `autopilot` needs verify.sh or .agent-pipelines/verify.sh or .cc-autopipe/verify.sh";
    refused(&project, &["autopilot", "s"], &[without_gate]);
    project.write("verify.sh", "#!/bin/sh\nexit 1\n");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs_err::set_permissions(project.root().join("verify.sh"), executable).expect("its mode");
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
    assert!(tree(&project.outside()) == before, "something was created");
    project.set("PATH", path);
}

#[test]
fn a_start_with_a_mistake_is_refused() {
    let mut project = project(true);
    project.shell_loop("quick", ONCE, REPORTS);
    project.a_loop("broken", "termination: {type: judgement}\n", "x\n");
    for (start, word) in [
        (&["nope", "s"][..], "there is no command or loop `nope`"),
        (&["loop", "nope", "s"], "there is no loop `nope`"),
        (&["pipeline", "nope", "s"], "there is no pipeline `nope`"),
        (&["pipeline", "quick", "s"], "`quick` is a loop"),
        (&["./gone", "s"], "there is no file or folder ./gone"),
        (&["broken", "s"], "unknown termination `judgement`"),
        (&["quick", "a/b"], "session name `a/b`"),
        (&["quick", "s", "0"], "a whole number is needed, 1 or more"),
        (&["quick", "s", "1", "2"], "unexpected argument `2`"),
        (
            &["quick", "s", "--modle", "x"],
            "there is no option `--modle`",
        ),
        (&["quick", "s", "--runs", "2"], "a loop takes no runs"),
        (
            &["quick", "s", "--input", "gone.md"],
            "there is no input `gone.md`",
        ),
        (
            &["quick", "s", "--provider", "nope"],
            "unknown provider `nope`",
        ),
        (
            &["quick", "s", "--permissions", "sudo"],
            "`sudo` cannot be used",
        ),
        (
            &["quick", "s", "--max-cost", "much"],
            "`much` cannot be used",
        ),
        (
            &["quick", "s", "--max-runtime", "long"],
            "`long` cannot be used",
        ),
        (&["quick", "s", "--command", "x"], "`x` cannot be used"),
        (
            &["quick", "s", "--resume"],
            "there is no session 's' to resume",
        ),
        (
            &["-C", "/no/where", "quick", "s"],
            "there is no folder /no/where",
        ),
    ] {
        changes_nothing(&project, start, 2, &[word]);
        changes_nothing(&project, &[start, &["--foreground"]].concat(), 2, &[word]);
    }
    for (name, value) in [("AP_MAX_AGENTS", "many"), ("AP_CONTAIN", "jail")] {
        let before = project.var(name).to_owned();
        project.set(name, value);
        changes_nothing(&project, &["quick", "s"], 2, &[name, value]);
        if before.is_empty() {
            project.unset(name);
        } else {
            project.set(name, before);
        }
    }
    project.program("ap home/config/config.yaml", "notfiy: {desktop: false}\n");
    changes_nothing(&project, &["quick", "s"], 2, &["notfiy"]);
}

#[test]
fn a_start_of_a_session_that_is_there_is_refused() {
    let project = project(true);
    project.shell_loop("quick", ONCE, REPORTS);
    let fails = "termination: {type: judgment, max: 3}\nretries: 0\n";
    project.shell_loop(
        "fails",
        fails,
        &format!("[ $n = 1 ] && {REPORTS} || exit 3"),
    );
    project.ap(&["quick", "done", "--foreground"]).expect(0);
    project.ap(&["fails", "failed", "--foreground"]).expect(1);
    for (start, code, word) in [
        (
            &["quick", "done"][..],
            0,
            "Session 'done' is already complete",
        ),
        (
            &["quick", "done", "--resume"],
            0,
            "Session 'done' is already complete",
        ),
        (
            &["fails", "done", "--resume"],
            2,
            "runs `quick`, not `fails`",
        ),
        (&["fails", "failed"], 1, "ap fails failed --resume"),
        (
            &["fails", "failed", "--resume", "--queue", "x"],
            2,
            "--queue cannot be changed",
        ),
        (
            &["fails", "failed", "--resume", "--force"],
            2,
            "cannot be used with",
        ),
    ] {
        changes_nothing(&project, start, code, &[word]);
        changes_nothing(
            &project,
            &[start, &["--foreground"]].concat(),
            code,
            &[word],
        );
    }
}

#[test]
fn a_start_of_a_running_session_is_refused() {
    let project = project(true);
    project.shell_loop("long", ONCE, "echo begun; while :; do sleep 1; done");
    let running = project.start(&["long", "s", "--foreground"]);
    let output = project.run_file("s", "stage-00-long/iterations/001/stdout.log");
    project.until("the agent", || project.read(&output).contains("begun"));
    project.until_event("s", "agent_started", 1);
    for flags in [
        &[][..],
        &["--foreground"],
        &["--resume"],
        &["--resume", "--foreground"],
    ] {
        let start = [&["long", "s"], flags].concat();
        let before: Vec<_> = tree(&project.outside()).into_keys().collect();
        project
            .ap(&start)
            .expect(3)
            .says(&["session 's' is already running"]);
        let after: Vec<_> = tree(&project.outside()).into_keys().collect();
        assert!(before == after, "{start:?} created or removed a file");
    }
    drop(running);
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
