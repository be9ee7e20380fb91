//! A tracker behind commands: this program itself, over a file of one line per task.
//!
//! Each of its answers is the whole list, so what it costs us to read one grows with the list.
use super::*;
use agent_pipelines::plan::TrackerCommands;
use camino::Utf8PathBuf;
use std::process::{Command, Stdio};

/// The word by which this program knows that it is to be the tracker.
const WORD: &str = "__tracker";

/// Is the tracker: `FILE list` or `FILE claim ID`. Says in `FILE.calls` that it was called.
pub(crate) fn tracker(words: &[String]) {
    let file = Utf8Path::new(&words[0]);
    let log = fs_err::OpenOptions::new()
        .create(true)
        .append(true)
        .open(format!("{file}.calls"));
    std::io::Write::write_all(&mut log.unwrap(), format!("{}\n", words[1]).as_bytes()).unwrap();
    let text = fs_err::read_to_string(file).unwrap();
    match words[1].as_str() {
        "list" => print!("{text}"),
        _ => {
            let line = |state: &str| format!(r#"{{"id":"{}","state":"{state}""#, words[2]);
            atomic::replace(
                file,
                text.replacen(&line("open"), &line("held"), 1).as_bytes(),
            )
            .unwrap();
        }
    }
}

pub(super) fn measure(table: &mut Table, base: &Utf8Path) {
    for tasks in [100, 10_000] {
        of(table, &Scratch::new(base), tasks);
    }
}

fn of(table: &mut Table, scratch: &Scratch, tasks: u32) {
    let file = scratch.root.join("tracker.json");
    fill(&file, tasks, "open");
    let queue = open(&QueueSpec::new(source(&file)), &at(scratch, Env::default()));
    let (mut looks, mut claims, mut disk) =
        (Differences::default(), Differences::default(), Vec::new());
    for n in 0..TIMES {
        looks.0.push(bare(&file, &["list"]));
        looks.1.push(look(&*queue));
        claims.1.push(claim(&*queue, n));
        // The list is read before a claim too: no claim of such a tracker refuses what is another's.
        claims.0.push(bare(
            &file,
            &["list", &format!("claim t{}", tasks - 1 - n), "list"],
        ));
        disk.push(durable(scratch));
    }
    assert_eq!(
        count(&file.with_extension("json.calls")),
        TIMES as usize * 2 * 4,
        "as many calls as bare ones"
    );
    let target = (tasks == 100).then_some(OWN);
    looks.rows(
        table,
        &format!("commands over {tasks}: status, with its 1 call"),
        target,
    );
    claims.rows(
        table,
        &format!("commands over {tasks}: claim, with its 3 calls"),
        target,
    );
    // Only we store the owner, so it must survive a power cut: part of our own cost, and as slow as the disk.
    table.row(
        "  of which its durable write may be",
        median(&disk),
        None,
        "ms",
        None,
    );
    fill(&file, tasks, "closed");
    let mut ends = Differences::default();
    for _ in 0..TIMES {
        ends.0.push(bare(&file, &["list", "list"]));
        let (took, status) = looked(&*queue);
        assert!(matches!(status, QueueStatus::Done { .. }), "{status:?}");
        ends.1.push(took);
    }
    ends.rows(
        table,
        &format!("commands over {tasks}: done, with its 2 calls"),
        target,
    );
}

fn source(file: &Utf8Path) -> QueueSource {
    let this = std::env::current_exe()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    let command = |action: &str| {
        [&this, WORD, file.as_str(), action, "{id}"]
            .map(str::to_owned)
            .to_vec()
    };
    QueueSource::Command(Box::new(TrackerCommands {
        label: None,
        database: Some(file.to_owned()),
        list: command("list"),
        claim: command("claim"),
        release: command("release"),
        close: command("close"),
        park: Vec::new(),
    }))
}

fn fill(file: &Utf8PathBuf, tasks: u32, state: &str) {
    let task = |n| {
        format!(
            r#"{{"id":"t{n}","state":"{state}","title":"Task number {n} of many","body":"What is to be done."}}"#
        )
    };
    let lines: Vec<String> = (0..tasks).map(task).collect();
    atomic::replace(file, format!("[\n{}\n]\n", lines.join(",\n")).as_bytes()).unwrap();
}

fn bare(file: &Utf8Path, calls: &[&str]) -> f64 {
    let started = Instant::now();
    for call in calls {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args([WORD, file.as_str()])
            .args(call.split(' '))
            .stdin(Stdio::null());
        assert!(command.output().unwrap().status.success());
    }
    millis(started.elapsed())
}
