//! What it costs to keep an agent's standard input open, beside the same agent whose input ends with its prompt.
use super::{AP, Table, cpu, median};
use agent_pipelines::store::atomic;
use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Iterations of one session.
const ITERATIONS: u32 = 100;
/// Sessions of each kind, in turns.
const ROUNDS: usize = 7;
const SCRIPT: &str = "pause_ms: 0\niterations:\n  - say: done\n    status: {decision: continue}\n";

/// Measures an iteration with an open input against one with a closed input.
pub(super) fn measure(table: &mut Table, base: &Utf8Path) {
    let folder = tempfile::Builder::new()
        .prefix("ap-dialogue")
        .tempdir_in(base)
        .unwrap();
    let root = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
    fs::create_dir_all(root.join(".git")).unwrap();
    atomic::replace(&root.join("script.yaml"), SCRIPT.as_bytes()).unwrap();
    a_loop(&root, "closed", "");
    a_loop(&root, "open", ", --input-format, stream-json");
    let (mut closed, mut open) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        closed.push(session(&root, "closed", round));
        open.push(session(&root, "open", round));
    }
    let wall = |runs: &[(f64, f64)]| median(&runs.iter().map(|run| run.0).collect::<Vec<_>>());
    let used = |runs: &[(f64, f64)]| median(&runs.iter().map(|run| run.1).collect::<Vec<_>>());
    table.row(
        "an iteration with an open input",
        wall(&open),
        Some(wall(&closed)),
        "ms",
        Some((1.05, "1.05 x closed")),
    );
    table.row("  CPU", used(&open), Some(used(&closed)), "ms", None);
}

fn a_loop(root: &Utf8Path, name: &str, input: &str) {
    let folder = root.join(".claude/loops").join(name);
    fs::create_dir_all(&folder).unwrap();
    let definition = format!(
        "name: {name}\ndescription: does nothing\nprovider: scripted\nargs: [script.yaml{input}]\ntermination:\n  type: fixed\ndelay: 0\n"
    );
    atomic::replace(&folder.join("loop.yaml"), definition.as_bytes()).unwrap();
    atomic::replace(&folder.join("prompt.md"), b"Do nothing.\n").unwrap();
}

/// Runs a session, and returns the milliseconds and the processor time of one of its iterations.
fn session(root: &Utf8Path, name: &str, round: usize) -> (f64, f64) {
    let (started, before) = (Instant::now(), cpu());
    let status = Command::new(AP)
        .args([
            "loop",
            name,
            &format!("{name}-{round}"),
            &ITERATIONS.to_string(),
            "--foreground",
        ])
        .current_dir(root)
        .env_remove("AP_PROJECT")
        .env("AP_HOME", root.join("ap home"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    let count = f64::from(ITERATIONS);
    let wall = started.elapsed().as_secs_f64() * 1000.0;
    (wall / count, (cpu() - before) / count)
}
