//! What it costs to make a plan of a large pipeline, and to check a shelf full of definitions.
use super::{AP, Scratch, Table, median, millis};
use agent_pipelines::compile::{Overrides, Request, compile};
use agent_pipelines::plan::PlanKind;
use agent_pipelines::store::atomic;
use agent_pipelines::store::library::Library;
use camino::Utf8Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// How often each thing is done.
const TIMES: u32 = 15;
const NODES: u32 = 200;
const DEFINITIONS: u32 = 500;

pub(super) fn measure(table: &mut Table, base: &Utf8Path) {
    let scratch = Scratch::new(base);
    compiling(table, &scratch);
    linting(table, &scratch);
}

/// From finding the texts to the plan.
fn compiling(table: &mut Table, scratch: &Scratch) {
    let node = |n: u32| {
        let inputs = if n == 0 {
            String::new()
        } else {
            format!("    inputs: {{from: node-{}, select: all}}\n", n / 2)
        };
        format!(
            "  - id: node-{n}\n    loop: {}\n    runs: 3\n    model: sonnet\n{inputs}",
            ["improve-plan", "work", "bench"][n as usize % 3]
        )
    };
    let text = format!(
        "name: large\nnodes:\n{}",
        (0..NODES).map(node).collect::<String>()
    );
    write(scratch, "pipelines/large.yaml", &text);
    let library = Library::new(&scratch.root, &scratch.root.join("user"));
    let request = Request {
        session: "s".parse().unwrap(),
        run: "r".parse().unwrap(),
        command: String::new(),
        project: scratch.root.clone(),
        backlog: None,
        beads: false,
    };
    let run = |_| {
        let started = Instant::now();
        let sources = library.find(PlanKind::Pipeline, "large").unwrap();
        let (plan, _) = compile(&sources, &request, &Overrides::default()).unwrap();
        assert_eq!(plan.steps.len(), NODES as usize);
        millis(started.elapsed())
    };
    let times: Vec<f64> = (0..TIMES).map(run).collect();
    table.row(
        &format!("compile of a pipeline of {NODES} nodes"),
        median(&times),
        None,
        "ms",
        Some((20.0, "at most 20 ms")),
    );
}

/// `ap lint` as people call it; every fifth definition has two mistakes.
fn linting(table: &mut Table, scratch: &Scratch) {
    for n in 0..DEFINITIONS {
        let odd = if n % 5 == 0 {
            "terminaton: {type: fixed}\nmodle: opus\n"
        } else {
            ""
        };
        if n % 2 == 0 {
            write(
                scratch,
                &format!("loops/l{n}/loop.yaml"),
                &format!(
                    "description: one of many\ntermination: {{type: judgment, max: 5}}\n{odd}"
                ),
            );
            write(
                scratch,
                &format!("loops/l{n}/prompt.md"),
                &"Read ${CTX} and ${PROGRESS}, then write ${STATUS}.\n".repeat(40),
            );
        } else {
            let nodes: String = (0..5)
                .map(|node| format!("  - {{id: n{node}, loop: work, runs: 3}}\n"))
                .collect();
            write(
                scratch,
                &format!("pipelines/p{n}.yaml"),
                &format!("description: one of many\n{odd}nodes:\n{nodes}"),
            );
        }
    }
    let run = |_| {
        let started = Instant::now();
        let mut lint = Command::new(AP);
        let ended = lint
            .args(["lint", "--json"])
            .current_dir(&scratch.root)
            .env_remove("AP_PROJECT")
            .stdout(Stdio::null())
            .status();
        assert_eq!(ended.unwrap().code(), Some(2));
        millis(started.elapsed())
    };
    let times: Vec<f64> = (0..TIMES).map(run).collect();
    table.row(
        &format!("lint of {DEFINITIONS} definitions"),
        median(&times),
        None,
        "ms",
        Some((1000.0, "at most 1 s")),
    );
}

fn write(scratch: &Scratch, path: &str, text: &str) {
    let path = scratch.root.join(".claude").join(path);
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    atomic::replace(&path, text.as_bytes()).unwrap();
}
