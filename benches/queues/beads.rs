//! Issues in beads, through the tests' stand-in for `bd`.
use super::*;
use std::process::{Command, Stdio};

const BD: &str = env!("CARGO_BIN_EXE_fake-bd");
const LABEL: &str = "pipeline/bench";
const READY: &str = "ready --sort priority --limit 100";
const BEGUN: &str = "list --status in_progress --limit 0";
const ALL: &str = "list --all --limit 0";

pub(super) fn measure(table: &mut Table, base: &Utf8Path) {
    let own: Vec<[f64; 2]> = [100, 10_000]
        .map(|tasks| of(table, &Scratch::new(base), tasks))
        .into();
    for (what, at) in [("status", 0), ("claim", 1)] {
        let grown = own[1][at] - own[0][at];
        table.row(
            &format!("beads: growth of a {what} to 10,000 tasks"),
            grown,
            None,
            "ms",
            Some((0.5, "flat: 0.5 ms")),
        );
    }
    for tasks in [100, 10_000] {
        ends(table, &Scratch::new(base), tasks);
    }
}

/// Returns what a status and a claim cost beside the same calls made bare, in turns with them.
fn of(table: &mut Table, scratch: &Scratch, tasks: u32) -> [f64; 2] {
    fill(scratch, tasks, |_| "open");
    let queue = queue(scratch, None);
    let (mut looks, mut claims) = (Differences::default(), Differences::default());
    for n in 0..TIMES {
        looks.0.push(bare(scratch, &[READY, BEGUN], true));
        looks.1.push(look(&*queue));
        claims.1.push(claim(&*queue, n));
        let id = format!("demo-{:05}", tasks - 1 - n);
        claims.0.push(bare(
            scratch,
            &[
                &format!("update {id} --claim --actor x"),
                &format!("show {id}"),
            ],
            false,
        ));
    }
    looks.rows(
        table,
        &format!("beads of {tasks}: status, with its 2 calls"),
        Some(OWN),
    );
    claims.rows(
        table,
        &format!("beads of {tasks}: claim, with its 2 calls"),
        Some(OWN),
    );
    let calls = calls(scratch, |queue| {
        look(queue);
        claim(queue, TIMES);
    });
    table.row(
        "  calls of an iteration: counts, claim, verify",
        calls,
        None,
        "",
        Some((4.0, "2 + 1 + 1")),
    );
    [looks.own(), claims.own()]
}

/// What a status costs where nothing is ready, which takes all issues to know.
fn ends(table: &mut Table, scratch: &Scratch, tasks: u32) {
    let most = |n: u32, last: &'static str| if n == 0 { last } else { "closed" };
    for (what, state) in [
        ("done", "closed"),
        ("wait", "in_progress"),
        ("stalled", "blocked"),
    ] {
        fill(scratch, tasks, |n| most(n, state));
        let queue = queue(scratch, None);
        let mut times = Differences::default();
        for _ in 0..TIMES {
            times.0.push(bare(scratch, &[READY, ALL], true));
            times.1.push(expect(&*queue, what));
        }
        let calls = calls(scratch, |queue| {
            expect(queue, what);
        });
        assert!(calls <= 3.0, "{what}: {calls} calls");
        times.rows(
            table,
            &format!("beads of {tasks}: {what}, with its {calls} calls"),
            (tasks == 100).then_some(OWN),
        );
    }
}

/// Looks, and checks what it came to.
fn expect(queue: &dyn Queue, what: &str) -> f64 {
    let (took, status) = looked(queue);
    let word = match status {
        QueueStatus::Done { .. } => "done",
        QueueStatus::Wait { .. } => "wait",
        QueueStatus::Stalled { .. } => "stalled",
        _ => "something else",
    };
    assert_eq!(word, what, "{status:?}");
    took
}

/// Opens the queue and asks for what is asked once in a run.
fn queue(scratch: &Scratch, log: Option<&Utf8Path>) -> Box<dyn Queue> {
    let mut env: Env = [("PATH".to_owned(), std::env::var("PATH").unwrap())]
        .into_iter()
        .collect();
    env.extend(log.map(|log| ("FAKE_BD_LOG".to_owned(), log.to_string())));
    let source = QueueSource::Beads {
        program: BD.to_owned(),
        database: None,
        label: Some(LABEL.to_owned()),
    };
    let queue = open(&QueueSpec::new(source), &at(scratch, env));
    looked(&*queue);
    queue
}

/// Counts the calls of `bd` that something makes.
fn calls(scratch: &Scratch, act: impl FnOnce(&dyn Queue)) -> f64 {
    let log = scratch.root.join("calls");
    let queue = queue(scratch, Some(&log));
    let before = count(&log);
    act(&*queue);
    (count(&log) - before) as f64
}

fn bare(scratch: &Scratch, calls: &[&str], labelled: bool) -> f64 {
    let started = Instant::now();
    for call in calls {
        let label: &[&str] = if labelled { &["--label", LABEL] } else { &[] };
        let mut command = Command::new(BD);
        command
            .args(call.split(' '))
            .args(label)
            .arg("--json")
            .current_dir(&scratch.root)
            .stdin(Stdio::null());
        assert!(command.output().unwrap().status.success());
    }
    millis(started.elapsed())
}

fn fill(scratch: &Scratch, tasks: u32, state: impl Fn(u32) -> &'static str) {
    let issue = |n| {
        json!({ "id": format!("demo-{n:05}"), "title": format!("Task number {n}"), "priority": 2, "issue_type": "task", "status": state(n),
            "assignee": if state(n) == "in_progress" { "ann" } else { "" },
            "description": "What is to be done, in a sentence or two.", "labels": [LABEL] })
    };
    let issues: Vec<_> = (0..tasks).map(issue).collect();
    fs_err::create_dir_all(scratch.root.join(".beads")).unwrap();
    let text = json!({ "prefix": "demo", "issues": issues }).to_string();
    atomic::replace(&scratch.root.join(".beads/fake-bd.json"), text.as_bytes()).unwrap();
}
