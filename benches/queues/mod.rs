//! What a status and a claim cost beside the calls of the tracker, with few tasks and with 10,000.
//!
//! The calls themselves are made bare in turns with ours, and that they are the same in number is checked.
#[cfg(feature = "fake-bd")]
mod beads;
mod commands;

pub(super) use commands::tracker;

use super::{Scratch, Table, median, millis};
use agent_pipelines::model::{Env, QueueStatus};
use agent_pipelines::plan::{QueueSource, QueueSpec};
use agent_pipelines::queue::{Claim, Owner, Queue, QueueEnv, RunKey, open, release_and_check};
use agent_pipelines::store::atomic;
use camino::Utf8Path;
use serde_json::json;
use std::time::Instant;

/// How often each thing is done.
const TIMES: u32 = 25;

pub(super) fn measure(table: &mut Table, base: &Utf8Path) {
    for tasks in [100, 10_000] {
        let checklist = (0..tasks)
            .map(|n| format!("- [ ] Task number {n} of many (#t{n})\n"))
            .collect::<String>();
        file(
            table,
            &Scratch::new(base),
            &format!("checklist of {tasks}"),
            "backlog.md",
            &checklist,
        );
        file(
            table,
            &Scratch::new(base),
            &format!("prd.json of {tasks}"),
            "prd.json",
            &stories(tasks),
        );
    }
    commands::measure(table, base);
    #[cfg(feature = "fake-bd")]
    beads::measure(table, base);
    #[cfg(not(feature = "fake-bd"))]
    println!("{:<44} with `--features fake-bd`", "beads");
}

fn stories(tasks: u32) -> String {
    let story = |n| json!({ "id": format!("t{n}"), "title": format!("Task number {n} of many"), "priority": 1, "passes": false });
    json!({ "project": "bench", "userStories": (0..tasks).map(story).collect::<Vec<_>>() })
        .to_string()
}

fn owner(iteration: u32) -> Owner {
    Owner::agent("bench".parse().unwrap(), "r1".parse().unwrap(), iteration)
}

fn at(scratch: &Scratch, env: Env) -> QueueEnv {
    QueueEnv {
        project: scratch.root.clone(),
        env,
    }
}

/// Looks, as the runner does after each iteration; says how long it took and what it came to.
fn looked(queue: &dyn Queue) -> (f64, QueueStatus) {
    let (started, run) = (
        Instant::now(),
        RunKey {
            session: "other".parse().unwrap(),
            run: "r0".parse().unwrap(),
        },
    );
    let settled = release_and_check(queue, &run, &|_| true, None);
    (millis(started.elapsed()), settled.status)
}

fn look(queue: &dyn Queue) -> f64 {
    let (took, status) = looked(queue);
    assert!(matches!(status, QueueStatus::Work { .. }), "{status:?}");
    took
}

fn claim(queue: &dyn Queue, iteration: u32) -> f64 {
    let started = Instant::now();
    let claimed = queue.claim(None, &owner(iteration)).unwrap();
    let took = millis(started.elapsed());
    assert!(matches!(claimed, Claim::Won(_)), "{claimed:?}");
    took
}

/// How long the disk takes to keep the little that a claim must at least write.
fn durable(scratch: &Scratch) -> f64 {
    let started = Instant::now();
    atomic::replace_durably(
        &scratch.root.join("floor"),
        b"what a claim must at least write",
    )
    .unwrap();
    millis(started.elapsed())
}

/// A file is its own tracker: everything is our own cost, most of a claim the wait for the disk.
fn file(table: &mut Table, scratch: &Scratch, what: &str, name: &str, text: &str) {
    let path = scratch.root.join(name);
    atomic::replace(&path, text.as_bytes()).unwrap();
    let source = if name == "prd.json" {
        QueueSource::Prd { path }
    } else {
        QueueSource::Backlog { path }
    };
    let queue = open(&QueueSpec::new(source), &at(scratch, Env::default()));
    let (mut looks, mut claims, mut disk) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..TIMES {
        looks.push(look(&*queue));
        claims.push(claim(&*queue, n));
        disk.push(durable(scratch));
    }
    table.row(
        &format!("{what}: status, reading it"),
        median(&looks),
        None,
        "ms",
        None,
    );
    table.row(
        "  claim, with its durable write",
        median(&claims),
        Some(median(&disk)),
        "ms",
        None,
    );
}

/// Times of the bare calls, and with us around them.
#[derive(Default)]
struct Differences(Vec<f64>, Vec<f64>);

impl Differences {
    fn own(&self) -> f64 {
        let pairs: Vec<f64> = self
            .0
            .iter()
            .zip(&self.1)
            .map(|(bare, ours)| ours - bare)
            .collect();
        median(&pairs).max(0.0)
    }

    /// Prints what it took and what of that is our own, which may have a target.
    fn rows(&self, table: &mut Table, what: &str, target: Option<(f64, &str)>) {
        table.row(what, median(&self.1), Some(median(&self.0)), "ms", None);
        table.row("  own cost", self.own(), None, "ms", target);
    }
}

/// What the issue of the queue allows.
const OWN: (f64, &str) = (1.0, "at most 1 ms");

fn count(log: &Utf8Path) -> usize {
    fs_err::read_to_string(log)
        .unwrap_or_default()
        .lines()
        .count()
}
