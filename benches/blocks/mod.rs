//! How soon all agents of a large parallel block run.
use super::{AP, LAST, STAMPS, Scratch, Table, median, read_stamps};
use agent_pipelines::store::atomic;
use camino::Utf8Path;
use std::process::{Command, Stdio};

/// How often the block runs.
const TIMES: u32 = 5;
const PROVIDERS: u32 = 50;

/// From the start of the first agent to that of the last, while all of them run.
pub(super) fn measure(table: &mut Table, base: &Utf8Path) {
    let scratch = Scratch::new(base);
    let program = std::env::current_exe().unwrap();
    let provider = |n: u32| {
        format!(
            "        - {{id: p{n}, name: command, program: \"{}\", args: [__agent]}}\n",
            program.display()
        )
    };
    let text = format!(
        "name: wide\nnodes:\n  - id: block\n    parallel:\n      providers:\n{}      stages: [{{id: s, loop: bench, runs: 1}}]\n",
        (0..PROVIDERS).map(provider).collect::<String>()
    );
    let folder = scratch.root.join(".claude/pipelines");
    fs_err::create_dir_all(&folder).unwrap();
    atomic::replace(&folder.join("wide.yaml"), text.as_bytes()).unwrap();
    let run = |n| {
        let stamps = scratch.root.join(format!("wide{n}.stamps"));
        let mut ap = Command::new(AP);
        ap.args(["pipeline", "wide", &format!("wide{n}"), "--foreground"])
            .current_dir(&scratch.root);
        ap.env_remove("AP_PROJECT")
            .env_remove("AP_MAX_AGENTS")
            .env(LAST, "2000")
            .env(STAMPS, &stamps)
            .stdout(Stdio::null());
        assert!(ap.status().unwrap().success());
        let starts: Vec<f64> = read_stamps(&stamps)
            .into_iter()
            .map(|(start, _)| start)
            .collect();
        assert_eq!(starts.len(), PROVIDERS as usize);
        starts.iter().copied().fold(f64::MIN, f64::max)
            - starts.iter().copied().fold(f64::MAX, f64::min)
    };
    let times: Vec<f64> = (0..TIMES).map(run).collect();
    let name = format!("first to last agent of a block of {PROVIDERS}");
    table.row(
        &name,
        median(&times),
        None,
        "ms",
        Some((1000.0, "at most 1 s")),
    );
}
