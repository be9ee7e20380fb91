//! What an iteration of a queue loop costs in a git repository, where git is asked after each whether anything changed.
use super::{STAMPS, Scratch, Table, floor, gaps, median, millis};
use agent_pipelines::store::atomic;
use camino::Utf8Path;
use std::process::Command;
use std::time::Instant;

const ITERATIONS: u32 = 200;
/// Files of the repository.
const FILES: u32 = 200;

pub(super) fn measure(table: &mut Table, base: &Utf8Path) {
    let scratch = Scratch::new(base);
    repository(&scratch);
    let stamps = scratch.root.join("git.stamps");
    let ended = scratch
        .command("git", ITERATIONS, &[(STAMPS, stamps.as_str())])
        .status()
        .unwrap();
    // The only task stays open, so the maximum ends the session.
    assert_eq!(ended.code(), Some(4));
    let status = median(&(0..50).map(|_| git_status(&scratch)).collect::<Vec<_>>());
    let least = median(&floor(&scratch, ITERATIONS).gaps) + status;
    table.row(
        "overhead of an iteration, queue loop in git",
        median(&gaps(&stamps)),
        Some(least),
        "ms",
        Some((2.0, "2 x the floor")),
    );
}

/// Makes a repository with a task that no agent closes, and a loop that never counts as idle.
fn repository(scratch: &Scratch) {
    for n in 0..FILES {
        let path = scratch.root.join(format!("file{n}"));
        atomic::replace(&path, n.to_string().as_bytes()).unwrap();
    }
    let tasks = scratch.root.join("backlog.md");
    atomic::replace(&tasks, b"- [ ] A task that stays open\n").unwrap();
    let loop_yaml = scratch.root.join(".claude/loops/bench/loop.yaml");
    let text = fs_err::read_to_string(&loop_yaml).unwrap();
    let text = text.replace("type: fixed", "type: queue");
    let idle = "guardrails: { max_idle_iterations: 1000000 }\n";
    atomic::replace(&loop_yaml, (text + idle).as_bytes()).unwrap();
    git(scratch, &["init", "-q"]);
    git(scratch, &["add", "-A"]);
    let commit = ["commit", "-q", "-m", "The project at the start"];
    let author = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"];
    git(scratch, &[&author[..], &commit].concat());
}

/// The call without which it is unknown whether an agent changed anything.
fn git_status(scratch: &Scratch) -> f64 {
    let started = Instant::now();
    let all = "--untracked-files=all";
    git(
        scratch,
        &["status", "--porcelain=v2", "--branch", all, "-z"],
    );
    millis(started.elapsed())
}

fn git(scratch: &Scratch, args: &[&str]) {
    let output = Command::new("git")
        .args(args)
        .current_dir(&scratch.root)
        .output()
        .unwrap();
    assert!(output.status.success(), "git {args:?}: {output:?}");
}
