//! What it takes to sum up a long ledger, beside what `jq` takes to print one number of each line.
use super::{AP, Scratch, Table, millis};
use camino::Utf8Path;
use fs_err as fs;
use nix::sys::resource::{UsageWho, getrusage};
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Instant;

const LINES: u64 = 1_000_000;
/// The most memory that `ap cost` may use.
const MAX_MB: f64 = 50.0;

pub(super) fn measure(table: &mut Table, base: &Utf8Path) {
    let scratch = Scratch::new(base);
    let state = scratch.root.join("home/state");
    fs::create_dir_all(&state).unwrap();
    let ledger = state.join("spent.jsonl");
    write(&ledger);
    let home = scratch.root.join("home");
    let mut cost = Command::new(AP);
    cost.args(["cost", "--all", "--json"]).env("AP_HOME", &home);
    let ours = time(cost.current_dir(&scratch.root));
    // Of all children so far, of which `ap` is the only one with so many lines to read.
    let used = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss();
    let floor = time(Command::new("jq").args(["-c", ".usd"]).arg(&ledger));
    table.row(
        "ap cost --all over 1,000,000 lines",
        ours,
        Some(floor),
        "ms",
        Some((0.5, "half of jq's")),
    );
    let megabytes = used as f64 / 1024.0;
    table.row("  memory", megabytes, None, "MB", Some((MAX_MB, "50 MB")));
}

fn time(command: &mut Command) -> f64 {
    let started = Instant::now();
    let status = command.stdout(Stdio::null()).status().unwrap();
    assert!(status.success());
    millis(started.elapsed())
}

/// Writes a ledger of a thousand sessions in ten projects, over a year.
fn write(path: &Utf8Path) {
    let mut file = std::io::BufWriter::new(fs::File::create(path).unwrap());
    for number in 0..LINES {
        let (day, session) = (number * 28 / LINES + 1, number % 1000);
        writeln!(
            file,
            r#"{{"run":"r{session}","number":{number},"at":"2026-11-{day:02}T10:00:00.123456789Z","usd":0.4125,"kind":"attempt","project":"/data/ann/projects/p{}","session":"s{session}","node":"work","iteration":3,"attempt":1,"input":1200,"output":3400,"cache_read":560000,"cache_write":7800,"turns":12,"reckoned_usd":0.4,"account":"subscription","key_source":"none","models":{{"claude-opus-5-5":{{"input_tokens":1200,"output_tokens":3400,"cache_read_tokens":560000,"cache_write_tokens":7800,"cost_usd":0.4125,"turns":12}}}}}}"#,
            session % 10
        )
        .unwrap();
    }
}
