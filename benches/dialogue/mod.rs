//! What it costs to keep an agent's standard input open, beside the same agent whose input ends with its prompt.
use super::{Scratch, Table, cpu, median};
use agent_pipelines::store::atomic;
use camino::Utf8Path;
use std::process::Stdio;
use std::time::Instant;

/// Iterations of one session.
const ITERATIONS: u32 = 100;
/// Sessions of each kind, in turns.
const ROUNDS: usize = 7;
const SCRIPT: &str = "pause_ms: 0\niterations:\n  - say: done\n    status: {decision: continue}\n";

/// Measures an iteration with an open input against one with a closed input.
pub(super) fn measure(table: &mut Table, base: &Utf8Path) {
    let scratch = Scratch::new(base);
    atomic::replace(&scratch.root.join("script.yaml"), SCRIPT.as_bytes()).unwrap();
    let (mut closed, mut open) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        write_loop(&scratch, "");
        closed.push(session(&scratch, &format!("closed-{round}")));
        write_loop(&scratch, ", --input-format, stream-json");
        open.push(session(&scratch, &format!("open-{round}")));
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

/// Makes the loop's agent a scripted one, called with these arguments too.
fn write_loop(scratch: &Scratch, args: &str) {
    let definition = format!(
        "name: bench\ndescription: does nothing\nprovider: scripted\nargs: [script.yaml{args}]\ntermination:\n  type: fixed\ndelay: 0\n"
    );
    let path = scratch.root.join(".claude/loops/bench/loop.yaml");
    atomic::replace(&path, definition.as_bytes()).unwrap();
}

/// Runs a session, and returns the milliseconds and the processor time of one of its iterations.
fn session(scratch: &Scratch, name: &str) -> (f64, f64) {
    let (started, before) = (Instant::now(), cpu());
    let mut command = scratch.command(name, ITERATIONS, &[]);
    assert!(command.stderr(Stdio::null()).status().unwrap().success());
    let count = f64::from(ITERATIONS);
    let wall = started.elapsed().as_secs_f64() * 1000.0;
    (wall / count, (cpu() - before) / count)
}
