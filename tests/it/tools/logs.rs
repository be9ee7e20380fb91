//! `ap logs`: iterations, the journal, and following a session.
use super::{Scene, THREE, parse, text, write};
use fs_err as fs;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::process::Stdio;

#[test]
fn the_last_iteration_is_shown_and_any_other_on_request() {
    let scene = Scene::played(THREE, 3);
    let last = scene.says(&["logs", "s"]);
    assert!(
        last.starts_with("● iteration 3/3\n")
            && last.contains("three is done")
            && last.contains("✓ third"),
        "{last}"
    );
    assert!(!last.contains("two is done"));
    let first = scene.says(&["logs", "s", "--iteration", "1"]);
    let (failed, retried) = first
        .split_once("● iteration 1/3  attempt 2\n")
        .expect("both attempts");
    assert!(
        failed.contains("one fails") && failed.contains("ended by signal 9"),
        "{first}"
    );
    assert!(retried.contains("one is done"), "{first}");
    let only = scene.says(&["logs", "s", "--iteration", "1", "--attempt", "2"]);
    assert!(
        only.contains("one is done") && !only.contains("one fails"),
        "{only}"
    );
    let one = scene.says(&["logs", "s", "--json", "--lines", "1"]);
    assert_eq!(one.lines().count(), 1);
    assert_eq!(
        (&parse(&one)["iteration"], &parse(&one)["stage"]),
        (&3.into(), &"steps".into()),
        "{one}"
    );
    assert!(
        !scene
            .run(&["logs", "s", "--iteration", "4"])
            .status
            .success()
    );
    assert!(!scene.run(&["logs", "absent"]).status.success());
}

#[test]
fn logs_of_an_endless_line_are_its_last_part() {
    let scene = Scene::played("iterations:\n  - { status: { decision: continue } }\n", 1);
    let run = scene.path("project/.claude/pipeline-runs/s/stage-00-steps/iterations/001");
    let mut output = fs::File::create(run.join("stdout.log")).expect("its output");
    output.set_len(1 << 30).expect("a file with a hole");
    output
        .seek(SeekFrom::End(0))
        .and_then(|_| output.write_all(&[b'x'; 70_000]))
        .expect("a file in a temporary folder");
    let shown = scene.says(&["logs", "s"]);
    assert!(shown.contains("xxx") && shown.contains("✓"), "{shown}");
}

#[test]
fn the_journal_is_shown_from_its_end() {
    let scene = Scene::played("iterations:\n  - { status: { decision: continue } }\n", 3);
    let all = scene.says(&["logs", "s", "--events", "--lines", "0"]);
    assert!(
        all.lines()
            .next()
            .is_some_and(|line| line.contains("] session_started plan=")),
        "{all}"
    );
    let last = scene.says(&["logs", "s", "--events", "-n", "2"]);
    assert_eq!(
        last.lines().collect::<Vec<_>>(),
        all.lines()
            .rev()
            .take(2)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .collect::<Vec<_>>()
    );
    assert!(last.contains("session_finished ending=completed"), "{last}");
    let raw = scene.says(&["logs", "s", "--events", "--json", "-n", "0"]);
    assert_eq!(
        raw,
        fs::read_to_string(scene.path("project/.claude/pipeline-runs/s/events.jsonl"))
            .expect("a journal")
    );
}

#[test]
fn following_goes_from_attempt_to_attempt_and_ends_with_the_session() {
    let go = "[sh, -c, 'while ! test -e go; do :; done']";
    let script = format!(
        "iterations:\n  - attempts:\n      - {{ say: hello, run: {go}, crash: KILL }}\n      - {{ say: again, status: {{ decision: continue }} }}\n  - {{ say: second, status: {{ decision: continue, summary: fine }} }}\n"
    );
    let scene = Scene::new(&script, 2);
    let mut runner = scene.playing();
    let mut follower = scene
        .ap(&["logs", "s", "-f"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("ap runs");
    let mut journal = scene
        .ap(&["tail", "s", "0", "--events"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("ap runs");
    let mut seen = BufReader::new(follower.stdout.take().expect("a pipe"));
    let mut shown = String::new();
    while !shown.contains("hello") {
        assert!(
            0 < seen.read_line(&mut shown).expect("it speaks"),
            "{shown}"
        );
    }
    write(&scene.path("project/go"), "");
    seen.read_to_string(&mut shown).expect("it speaks");
    let said = follower.wait_with_output().expect("it ends");
    assert!(
        said.status.success() && text(&said.stderr).contains("Session 's' complete"),
        "{}",
        text(&said.stderr)
    );
    for once in [
        "hello",
        "agent terminated unexpectedly by signal 9",
        "iteration 1/2  attempt 2",
        "again",
        "iteration 2/2",
        "second",
        "✓ fine",
    ] {
        let lines = shown.lines().filter(|line| line.ends_with(once)).count();
        assert_eq!(lines, 1, "{once} in\n{shown}");
    }
    let mut events = String::new();
    journal
        .stdout
        .take()
        .expect("a pipe")
        .read_to_string(&mut events)
        .expect("it speaks");
    assert!(
        journal.wait().expect("it ends").success() && events.contains("session_finished"),
        "{events}"
    );
    runner.wait().expect("it ends");
    let after = scene.says(&["logs", "s", "-f"]);
    assert!(
        after.contains("second") && after.contains("✓ fine"),
        "{after}"
    );
}

#[test]
fn following_ends_when_stdout_is_closed() {
    let scene = Scene::new("iterations:\n  - { say: hello, hang: true }\n", 1);
    let mut runner = scene.playing();
    let mut follower = scene
        .ap(&["tail", "s"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("ap runs");
    let mut seen = BufReader::new(follower.stdout.take().expect("a pipe"));
    seen.read_line(&mut String::new()).expect("it speaks");
    drop(seen);
    assert!(follower.wait().expect("it ends").success());
    scene.says(&["kill", "s"]);
    runner.wait().expect("it ends");
}
