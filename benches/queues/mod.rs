//! What a verdict and a claim cost beside the calls of the tracker, with few tasks and with 10,000.
use super::{Scratch, Table, median, millis};
use agent_pipelines::model::{Env, Verdict};
use agent_pipelines::plan::{QueueSource, QueueSpec};
use agent_pipelines::queue::{At, Claim, Owner, Queue, Run, open, settle};
use agent_pipelines::store::atomic;
use camino::Utf8Path;
use std::time::Instant;

/// How often each thing is done.
const TIMES: u32 = 25;

pub(super) fn measure(table: &mut Table, base: &Utf8Path) {
    for tasks in [100, 10_000] {
        checklist(table, &Scratch::new(base), tasks);
    }
    #[cfg(feature = "fake-bd")]
    beads::measure(table, base);
    #[cfg(not(feature = "fake-bd"))]
    println!("{:<44} with `--features fake-bd`", "beads");
}

fn owner(iteration: u32) -> Owner {
    Owner::agent("bench".parse().unwrap(), "r1".parse().unwrap(), iteration)
}

fn at(scratch: &Scratch, env: Env) -> At {
    At { project: scratch.root.clone(), env }
}

/// Looks, as the runner does after each iteration.
fn look(queue: &dyn Queue) -> f64 {
    let (started, run) = (Instant::now(), Run { session: "other".parse().unwrap(), run: "r0".parse().unwrap() });
    let settled = settle(queue, &run, &|_| true, None);
    let took = millis(started.elapsed());
    assert!(matches!(settled.verdict, Verdict::Work { .. }), "{settled:?}");
    took
}

fn claim(queue: &dyn Queue, iteration: u32) -> f64 {
    let started = Instant::now();
    let claimed = queue.claim(None, &owner(iteration)).unwrap();
    let took = millis(started.elapsed());
    assert!(matches!(claimed, Claim::Won(_)), "{claimed:?}");
    took
}

/// A file is its own tracker: everything is our own cost, most of a claim the wait for the disk.
fn checklist(table: &mut Table, scratch: &Scratch, tasks: u32) {
    let path = scratch.root.join("backlog.md");
    let text: String = (0..tasks).map(|n| format!("- [ ] Task number {n} of many (#t{n})\n")).collect();
    atomic::replace(&path, text.as_bytes()).unwrap();
    let queue = open(&QueueSpec::new(QueueSource::Backlog { path }), &at(scratch, Env::default()));
    let (mut looks, mut claims, mut disk) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..TIMES {
        looks.push(look(&*queue));
        claims.push(claim(&*queue, n));
        let started = Instant::now();
        atomic::replace_durably(&scratch.root.join("floor"), b"what a claim must at least write").unwrap();
        disk.push(millis(started.elapsed()));
    }
    table.row(&format!("checklist of {tasks}: verdict, reading it"), median(&looks), None, "ms", None);
    table.row("  claim, with its durable write", median(&claims), Some(median(&disk)), "ms", None);
}

#[cfg(feature = "fake-bd")]
mod beads {
    use super::*;
    use std::process::{Command, Stdio};

    const BD: &str = env!("CARGO_BIN_EXE_fake-bd");

    pub(super) fn measure(table: &mut Table, base: &Utf8Path) {
        let own: Vec<[f64; 2]> = [100, 10_000].map(|tasks| of(table, &Scratch::new(base), tasks)).into();
        for (what, at) in [("verdict", 0), ("claim", 1)] {
            let grown = own[1][at] - own[0][at];
            table.row(&format!("beads: growth of a {what} to 10,000 tasks"), grown, None, "ms", Some((0.5, "flat: 0.5 ms")));
        }
    }

    /// Returns what a verdict and a claim cost beside the same calls made bare, in turns with them.
    fn of(table: &mut Table, scratch: &Scratch, tasks: u32) -> [f64; 2] {
        fill(scratch, tasks);
        let env: Env = [("PATH".to_owned(), std::env::var("PATH").unwrap())].into_iter().collect();
        let label = Some("pipeline/bench".to_owned());
        let source = QueueSource::Beads { program: BD.to_owned(), database: None, label };
        let queue = open(&QueueSpec::new(source), &at(scratch, env));
        // The version is asked for once in a run.
        look(&*queue);
        let (mut looks, mut claims) = (Differences::default(), Differences::default());
        for n in 0..TIMES {
            looks.0.push(bare(scratch, &["ready --sort priority --limit 100", "list --status in_progress --limit 0"], true));
            looks.1.push(look(&*queue));
            claims.1.push(claim(&*queue, n));
            let id = format!("demo-{:05}", tasks - 1 - n);
            claims.0.push(bare(scratch, &[&format!("update {id} --claim --actor x"), &format!("show {id}")], false));
        }
        table.row(&format!("beads of {tasks}: verdict, with its 2 calls"), median(&looks.1), Some(median(&looks.0)), "ms", None);
        table.row("  own cost", looks.own(), None, "ms", Some((1.0, "at most 1 ms")));
        table.row(&format!("beads of {tasks}: claim, with its 2 calls"), median(&claims.1), Some(median(&claims.0)), "ms", None);
        table.row("  own cost", claims.own(), None, "ms", Some((1.0, "at most 1 ms")));
        [looks.own(), claims.own()]
    }

    /// Times of the bare calls, and with us around them.
    #[derive(Default)]
    struct Differences(Vec<f64>, Vec<f64>);

    impl Differences {
        fn own(&self) -> f64 {
            let pairs: Vec<f64> = self.0.iter().zip(&self.1).map(|(bare, ours)| ours - bare).collect();
            median(&pairs).max(0.0)
        }
    }

    fn bare(scratch: &Scratch, calls: &[&str], labelled: bool) -> f64 {
        let started = Instant::now();
        for call in calls {
            let label: &[&str] = if labelled { &["--label", "pipeline/bench"] } else { &[] };
            let mut command = Command::new(BD);
            command.args(call.split(' ')).args(label).arg("--json").current_dir(&scratch.root).stdin(Stdio::null());
            assert!(command.output().unwrap().status.success());
        }
        millis(started.elapsed())
    }

    fn fill(scratch: &Scratch, tasks: u32) {
        let issue = |n| {
            serde_json::json!({ "id": format!("demo-{n:05}"), "title": format!("Task number {n}"), "priority": 2, "issue_type": "task",
                "description": "What is to be done, in a sentence or two.", "labels": ["pipeline/bench"] })
        };
        let issues: Vec<_> = (0..tasks).map(issue).collect();
        fs_err::create_dir_all(scratch.root.join(".beads")).unwrap();
        let text = serde_json::json!({ "prefix": "demo", "issues": issues }).to_string();
        atomic::replace(&scratch.root.join(".beads/fake-bd.json"), text.as_bytes()).unwrap();
    }
}
