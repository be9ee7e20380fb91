//! What `ap` costs beside what it must cost: `cargo bench --bench overhead [-- --full] [--check] [--dir PATH]`.
//!
//! The floor is measured in the same run and folder, in turns with `ap`: a loop that does nothing but what
//! cannot be left out, namely two processes an iteration (this program started again as a shim and as
//! an agent), and as many files and durable writes. Only ratios mean something: absolute times drift with the machine.
//!
//! `--git`, `--start`, `--queues`, `--plans`, `--blocks`, `--quota`, `--dialogue` and `--costs` (needs jq) measure only those. `--full` adds 10,000 iterations; `--check` exits with 1 if a target is missed.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program for developers, which may stop at the first surprise"
)]
mod blocks;
mod costs;
mod dialogue;
mod git;
mod plans;
mod queues;
mod quota;
mod tmux_start;

use agent_pipelines::clock;
use agent_pipelines::exec::process;
use agent_pipelines::model::{
    Cursor, Decision, Event, FinishedAttempt, Outcome, SessionName, Status, Work,
};
use agent_pipelines::plan::Plan;
use agent_pipelines::store::atomic;
use agent_pipelines::store::layout::Project;
use agent_pipelines::store::lock::{Holder, SessionLock};
use agent_pipelines::store::session::Session;
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

const AP: &str = env!("CARGO_BIN_EXE_ap");
/// Where agents append when they started and ended.
const STAMPS: &str = "AP_BENCH_STAMPS";
/// How long agents run, in milliseconds.
const LAST: &str = "AP_BENCH_LAST";

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.first().map(String::as_str) {
        // `-p`: started in place of Claude Code.
        Some("__agent" | "-p") => agent(),
        Some("auth" | "--help" | "--version") => {}
        Some("__tracker") => queues::tracker(&words[1..]),
        Some("__floor_shim") => floor_shim(Utf8Path::new(&words[1])),
        _ => measure(&words),
    }
}

fn measure(words: &[String]) {
    let said = |word: &str| words.iter().any(|other| other == word);
    let dir = words
        .iter()
        .position(|word| word == "--dir")
        .and_then(|at| words.get(at + 1));
    let disk = Utf8PathBuf::from(dir.map_or(env!("CARGO_TARGET_TMPDIR"), String::as_str));
    let mut table = Table::default();
    match PARTS.iter().find(|(word, _)| said(word)) {
        Some((_, measure)) => measure(&mut table, &disk),
        None => all(&mut table, &disk, said("--full")),
    }
    println!(
        "\n{}",
        if table.missed == 0 {
            "every target is met".to_owned()
        } else {
            format!("{} targets are missed", table.missed)
        }
    );
    if said("--check") {
        assert_eq!(table.missed, 0, "targets are missed");
    }
}

type Part = fn(&mut Table, &Utf8Path);

/// What can be measured by itself, by its option.
const PARTS: [(&str, Part); 8] = [
    ("--git", git::measure),
    ("--start", tmux_start::measure),
    ("--queues", queues::measure),
    ("--plans", plans::measure),
    ("--blocks", blocks::measure),
    ("--quota", quota::measure),
    ("--dialogue", dialogue::measure),
    // Needs jq.
    ("--costs", costs::measure),
];

fn all(table: &mut Table, disk: &Utf8Path, is_full: bool) {
    println!("{:<44} {:>12} {:>12} {:>14}", "", "ap", "floor", "target");
    iterations(table, "folder of the build", disk, 1000);
    let memory = Utf8Path::new("/dev/shm");
    if memory.exists() {
        iterations(table, "tmpfs", memory, if is_full { 10_000 } else { 1000 });
    }
    quota::measure(table, disk);
    git::measure(table, disk);
    start(table, disk);
    tmux_start::measure(table, disk);
    reading(table, disk);
    plans::measure(table, disk);
    blocks::measure(table, disk);
    dialogue::measure(table, disk);
    queues::measure(table, disk);
    if cfg!(target_os = "linux") {
        resident(table, disk);
    }
}

#[derive(Default)]
struct Table {
    missed: u32,
}

impl Table {
    fn row(
        &mut self,
        name: &str,
        ours: f64,
        floor: Option<f64>,
        unit: &str,
        target: Option<(f64, &str)>,
    ) {
        let floor_text = floor.map_or_else(String::new, |floor| format!("{floor:.2} {unit}"));
        let verdict = target.map_or_else(String::new, |(most, text)| {
            let compared = floor.map_or(ours, |floor| ours / floor);
            self.missed += u32::from(most < compared);
            format!(
                "{text:>14}  {}",
                if compared <= most { "ok" } else { "MISSED" }
            )
        });
        println!(
            "{name:<44} {:>12} {floor_text:>12} {verdict}",
            format!("{ours:.2} {unit}")
        );
    }
}

/// The overhead of an iteration: from the end of an agent to the start of the next.
fn iterations(table: &mut Table, place: &str, base: &Utf8Path, count: u32) {
    let scratch = Scratch::new(base);
    let before = floor(&scratch, 200);
    let ours = scratch.run("measured", count, &[]);
    let after = floor(&scratch, 200);
    let floor = Measured {
        gaps: before.gaps.into_iter().chain(after.gaps).collect(),
        cpu: f64::midpoint(before.cpu, after.cpu),
    };
    let name = format!("overhead of an iteration, {place}");
    table.row(
        &name,
        median(&ours.gaps[..ours.gaps.len().min(1000)]),
        Some(median(&floor.gaps)),
        "ms",
        Some((2.0, "2 x the floor")),
    );
    table.row(
        "  CPU, with the agent's",
        ours.cpu,
        Some(floor.cpu),
        "ms",
        Some((2.0, "2 x the floor")),
    );
    let flat = median(&ours.gaps[ours.gaps.len() - 200..]) / median(&ours.gaps[5..205]);
    table.row(
        &format!("  iteration {count} against iteration 10"),
        flat,
        None,
        "x",
        Some((1.1, "at most 1.10 x")),
    );
}

fn start(table: &mut Table, base: &Utf8Path) {
    let scratch = Scratch::new(base);
    let times: Vec<f64> = (0..15)
        .map(|n| {
            let (started, stamps) = (now(), scratch.root.join(format!("start{n}.stamps")));
            scratch
                .command(&format!("start{n}"), 1, &[(STAMPS, stamps.as_str())])
                .status()
                .unwrap();
            read_stamps(&stamps)[0].0 - started
        })
        .collect();
    table.row(
        "start to first agent, foreground",
        median(&times),
        None,
        "ms",
        Some((10.0, "at most 10 ms")),
    );
}

/// `status`, `list` and `--help`.
fn reading(table: &mut Table, base: &Utf8Path) {
    let scratch = Scratch::new(base);
    scratch.run("one", 1, &[]);
    scratch.history("short", 10);
    scratch.history("long", 10_000);
    let time = |words: &[&str]| {
        let run = |_| {
            let started = Instant::now();
            assert!(
                Command::new(AP)
                    .args(words)
                    .current_dir(&scratch.root)
                    .stdout(Stdio::null())
                    .status()
                    .unwrap()
                    .success()
            );
            millis(started.elapsed())
        };
        median(&(0..30).map(run).collect::<Vec<f64>>())
    };
    let (short, long) = (
        time(&["status", "short", "--json"]),
        time(&["status", "long", "--json"]),
    );
    table.row(
        "status --json, 10 iterations behind it",
        short,
        None,
        "ms",
        None,
    );
    table.row(
        "status --json, 10,000 iterations behind it",
        long,
        None,
        "ms",
        Some((10.0, "at most 10 ms")),
    );
    for n in 3..1000 {
        scratch.history(&format!("s{n}"), 25);
    }
    table.row(
        "list of 1,000 sessions of 25 iterations",
        time(&["list"]),
        None,
        "ms",
        Some((25.0, "at most 25 ms")),
    );
    let before = cpu();
    time(&["--help"]);
    table.row(
        "--help, CPU",
        (cpu() - before) / 30.0,
        None,
        "ms",
        Some((5.0, "at most 5 ms")),
    );
}

/// Memory while agents work.
fn resident(table: &mut Table, base: &Utf8Path) {
    let scratch = Scratch::new(base);
    let mut runners: Vec<Child> = (0..100)
        .map(|n| {
            scratch
                .command(&format!("m{n}"), 1, &[(LAST, "15000")])
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    let shims: Vec<u32> = runners.iter().map(|runner| child_of(runner.id())).collect();
    std::thread::park_timeout(Duration::from_secs(2));
    let rss =
        kilobytes(runners[0].id(), "status", "VmRSS:") + kilobytes(shims[0], "status", "VmRSS:");
    table.row(
        "RSS of a runner and its shim",
        rss / 1024.0,
        None,
        "MB",
        Some((10.0, "at most 10 MB")),
    );
    let pss: f64 = runners
        .iter()
        .map(Child::id)
        .chain(shims)
        .map(|pid| kilobytes(pid, "smaps_rollup", "Pss:"))
        .sum();
    table.row(
        "PSS of 100 sessions",
        pss / 1024.0,
        None,
        "MB",
        Some((150.0, "at most 150 MB")),
    );
    for runner in &runners {
        nix::sys::signal::kill(
            nix::unistd::Pid::from_raw(runner.id().cast_signed()),
            nix::sys::signal::Signal::SIGTERM,
        )
        .unwrap();
    }
    for runner in &mut runners {
        runner.wait().unwrap();
    }
}

/// Returns the one child of a process, as soon as it has one.
fn child_of(pid: u32) -> u32 {
    let mut child = None;
    let look = || {
        child = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))
            .ok()
            .and_then(|text| text.split_whitespace().next()?.parse().ok());
        child.is_some()
    };
    assert!(
        clock::wait_until(Duration::from_secs(30), look),
        "a session did not start"
    );
    child.unwrap()
}

fn kilobytes(pid: u32, file: &str, field: &str) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(field))
        .unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

/// A project to measure in, removed afterwards.
struct Scratch {
    _folder: tempfile::TempDir,
    root: Utf8PathBuf,
}

impl Scratch {
    fn new(base: &Utf8Path) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("ap-overhead")
            .tempdir_in(base)
            .unwrap();
        let root = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
        let written = root.join(".claude/loops/bench");
        fs::create_dir_all(&written).unwrap();
        fs::create_dir_all(root.join(".git")).unwrap();
        let program = std::env::current_exe().unwrap();
        let definition = format!(
            "name: bench\ndescription: does nothing\nprovider: command\nprogram: {}\nargs: [__agent]\ntermination:\n  type: fixed\ndelay: 0\n",
            program.display()
        );
        atomic::replace(&written.join("loop.yaml"), definition.as_bytes()).unwrap();
        atomic::replace(&written.join("prompt.md"), b"@@STATUS:${STATUS}@@\n").unwrap();
        Self {
            _folder: folder,
            root,
        }
    }

    fn command(&self, session: &str, count: u32, env: &[(&str, &str)]) -> Command {
        let mut command = Command::new(AP);
        command
            .args(["loop", "bench", session, &count.to_string(), "--foreground"])
            .current_dir(&self.root)
            .stdout(Stdio::null());
        command
            .env_remove("AP_PROJECT")
            .env("AP_HOME", self.root.join("ap home"))
            .envs(env.iter().copied());
        command
    }

    fn run(&self, session: &str, count: u32, env: &[(&str, &str)]) -> Measured {
        let (stamps, before) = (self.root.join(format!("{session}.stamps")), cpu());
        assert!(
            self.command(session, count, env)
                .env(STAMPS, &stamps)
                .status()
                .unwrap()
                .success()
        );
        Measured {
            gaps: gaps(&stamps),
            cpu: (cpu() - before) / f64::from(count),
        }
    }

    /// Writes the journal of a session that ran, with the plan of the one that really did.
    fn history(&self, name: &str, iterations: u32) {
        let (project, name) = (
            Project::new(self.root.clone()),
            name.parse::<SessionName>().unwrap(),
        );
        let text = fs::read(project.session(&"one".parse().unwrap()).plan()).unwrap();
        let plan = Plan {
            session: name.clone(),
            run: name.as_str().parse().unwrap(),
            ..serde_json::from_slice(&text).unwrap()
        };
        let (me, now) = (process::current(), clock::now());
        let holder = Holder {
            session: name.clone(),
            pid: me.pid,
            started_at: now,
            process: me.clone(),
            is_brief: false,
        };
        let lock = SessionLock::try_acquire(&project.lock(&name), &holder)
            .unwrap()
            .unwrap();
        let mut session =
            Session::create(project.session(&plan.session), &plan, Some(lock), now).unwrap();
        for iteration in 1..=iterations {
            let cursor = Cursor {
                node: 0,
                iteration,
                attempt: 1,
            };
            let status = Status {
                decision: Decision::Continue,
                reason: "there is more to do".to_owned(),
                summary: "did one more small thing of the many there are to do".to_owned(),
                work: Work::default(),
                errors: Vec::new(),
                question: String::new(),
                choices: Vec::new(),
            };
            session
                .append(
                    Event::IterationStarted {
                        cursor,
                        fallback: 0,
                        agent: "claude:opus".to_owned(),
                    },
                    now,
                )
                .unwrap();
            session
                .append(
                    Event::AgentStarted {
                        cursor,
                        shim: me.clone(),
                        containment: None,
                    },
                    now,
                )
                .unwrap();
            session
                .append(
                    Event::AgentExited(FinishedAttempt::new(cursor, Outcome::Reported { status })),
                    now,
                )
                .unwrap();
        }
        session.sync().unwrap();
    }
}

struct Measured {
    gaps: Vec<f64>,
    cpu: f64,
}

/// Runs iterations that do only what must be done.
fn floor(scratch: &Scratch, count: u32) -> Measured {
    let root = scratch.root.join("floor");
    fs::create_dir_all(&root).unwrap();
    let (stamps, before) = (root.join("stamps"), cpu());
    let _ = fs::remove_file(&stamps);
    let exe = std::env::current_exe().unwrap();
    let mut journal = fs::File::create(root.join("events.jsonl")).unwrap();
    let line = [b"x".repeat(300), b"\n".to_vec()].concat();
    for n in 0..count {
        let folder = root.join(format!("{before}-{n}"));
        fs::create_dir(&folder).unwrap();
        create(&folder.join("context.json"), &b"x".repeat(1700));
        create(
            &folder.join("prompt.md"),
            format!("@@STATUS:{folder}/status.json@@\n").as_bytes(),
        );
        fs::File::create(folder.join("stdout.log")).unwrap();
        let mut shim = Command::new(&exe)
            .args(["__floor_shim", folder.as_str()])
            .env(STAMPS, &stamps)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        journal.write_all(&line).unwrap();
        assert!(shim.wait().unwrap().success());
        fs::read(folder.join("exit.json")).unwrap();
        fs::read(folder.join("status.json")).unwrap();
        fs::hard_link(folder.join("stdout.log"), folder.join("output.md")).unwrap();
        journal.write_all(&line).unwrap();
        journal.write_all(&line).unwrap();
        journal.sync_data().unwrap();
    }
    Measured {
        gaps: gaps(&stamps),
        cpu: (cpu() - before) / f64::from(count),
    }
}

fn floor_shim(folder: &Utf8Path) {
    let stdout = fs::File::options()
        .append(true)
        .open(folder.join("stdout.log"))
        .unwrap();
    let prompt = fs::File::open(folder.join("prompt.md")).unwrap();
    let mut agent = Command::new(std::env::current_exe().unwrap());
    agent
        .arg("__agent")
        .stdin(prompt.into_parts().0)
        .stdout(stdout.into_parts().0)
        .stderr(Stdio::null());
    assert!(agent.status().unwrap().success());
    create(&folder.join("exit.json"), &b"x".repeat(160));
}

/// An agent that does nothing and says that there is more to do.
fn agent() {
    let started = now();
    let mut prompt = String::new();
    std::io::stdin().read_to_string(&mut prompt).unwrap();
    let status = prompt
        .split("@@STATUS:")
        .nth(1)
        .and_then(|rest| rest.split("@@").next())
        .unwrap();
    let last = std::env::var(LAST)
        .ok()
        .and_then(|last| last.parse().ok())
        .unwrap_or(0);
    std::thread::park_timeout(Duration::from_millis(last));
    create(
        Utf8Path::new(status),
        br#"{"decision":"continue","reason":"","summary":"did nothing"}"#,
    );
    if let Ok(stamps) = std::env::var(STAMPS) {
        let mut file = fs::File::options()
            .create(true)
            .append(true)
            .open(stamps)
            .unwrap();
        file.write_all(format!("{started} {}\n", now()).as_bytes())
            .unwrap();
    }
}

fn create(path: &Utf8Path, content: &[u8]) {
    fs::File::create(path).unwrap().write_all(content).unwrap();
}

fn gaps(stamps: &Utf8Path) -> Vec<f64> {
    read_stamps(stamps)
        .windows(2)
        .map(|pair| pair[1].0 - pair[0].1)
        .collect()
}

fn read_stamps(path: &Utf8Path) -> Vec<(f64, f64)> {
    let line = |line: &str| {
        line.split_once(' ')
            .map(|(start, end)| (start.parse().unwrap(), end.parse().unwrap()))
    };
    fs::read_to_string(path)
        .unwrap()
        .lines()
        .filter_map(line)
        .collect()
}

/// Milliseconds since today's midnight: small enough for fractions to be exact.
fn now() -> f64 {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    millis(since - Duration::from_secs(since.as_secs() / 86_400 * 86_400))
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// CPU milliseconds of everything we started and waited for, and of ourselves.
fn cpu() -> f64 {
    let spent = |who| {
        getrusage(who)
            .map(|usage| (usage.user_time() + usage.system_time()).num_microseconds())
            .unwrap()
    };
    Duration::from_micros(
        (spent(UsageWho::RUSAGE_CHILDREN) + spent(UsageWho::RUSAGE_SELF)).unsigned_abs(),
    )
    .as_secs_f64()
        * 1e3
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
