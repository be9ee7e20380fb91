//! Every definition is killed in the middle of each of its nodes and gates, and continues to its end.
use super::{Definition, definitions, project};
use crate::project::Project;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Mutex;

/// Sessions that run at a time; more would only wait for each other.
const AT_A_TIME: usize = 4;

/// Agents and gates that hang at the same time: one, or those of all branches of a block.
type Together = BTreeSet<String>;

fn json(project: &Project, session: &str, path: &str) -> Value {
    serde_json::from_str(&project.read(&project.run_file(session, path))).unwrap_or_default()
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

/// Returns the steps of a plan with their numbers, those of every run.
fn steps(plan: &Value) -> Vec<(usize, &Value)> {
    let nodes = list(plan, "steps");
    let runs = usize::try_from(plan["runs"].as_u64().unwrap_or(1)).expect("a number of runs");
    (0..runs * nodes.len())
        .map(|place| (place, &nodes[place % nodes.len()]))
        .collect()
}

/// Returns where a node and its gates leave their marks, as `.claude/bin/hang` calls them.
fn marks(node: &Value, folder: &str) -> Vec<String> {
    let gates = node["termination"].to_string();
    let gate = [
        ("verify", "+gate"),
        ("command", "+gate"),
        ("judge", "+judge"),
    ];
    let gate = gate
        .into_iter()
        .filter(|(word, _)| gates.contains(&format!("\"type\":\"{word}\"")));
    [""].into_iter()
        .chain(gate.map(|(_, mark)| mark))
        .map(|mark| format!("{folder}{mark}"))
        .collect()
}

/// Returns what hangs once in a session.
fn to_be_killed(plan: &Value) -> Vec<Together> {
    let mut all: Vec<Together> = Vec::new();
    for (place, step) in steps(plan) {
        let id = text(step, "id");
        let branches = list(step, "branches");
        if branches.is_empty() {
            all.extend(
                marks(step, &format!("stage-{place:02}-{id}"))
                    .into_iter()
                    .map(|mark| Together::from([mark])),
            );
            continue;
        }
        for (at, stage) in list(&branches[0], "nodes").iter().enumerate() {
            let folder = |branch: &Value| {
                format!(
                    "parallel-{place:02}-{id}+providers+{}+stage-{at:02}-{}",
                    text(branch, "name"),
                    text(stage, "id")
                )
            };
            let of_branches: Vec<Vec<String>> = branches
                .iter()
                .map(|branch| marks(&branch["nodes"][at], &folder(branch)))
                .collect();
            all.extend((0..of_branches[0].len()).map(|mark| {
                of_branches
                    .iter()
                    .map(|marks| marks[mark].clone())
                    .collect()
            }));
        }
    }
    all
}

/// Kills the runner as the machine would, and everything it left.
fn kill_all(project: &Project, runner: crate::project::Running) {
    runner.kill_9();
    project.until("everything to be gone", || {
        let left = project.left_over();
        for pid in &left {
            let _ = kill(Pid::from_raw(*pid), Signal::SIGKILL);
        }
        left.is_empty()
    });
}

/// Starts the session, and kills and resumes it until nothing is left to be killed; then lets it run to its end.
fn run(project: &Project, definition: &Definition) {
    let session = definition.name.as_str();
    let mut args = vec![definition.kind, session, session, "--foreground"];
    let hung = || -> Together {
        let entries = fs_err::read_dir(project.outside().join("hung"))
            .into_iter()
            .flatten()
            .flatten();
        entries
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect()
    };
    let mut left: Option<Vec<Together>> = None;
    while left.as_ref().is_none_or(|left| !left.is_empty()) {
        let runner = project.start(&args);
        let left = left.get_or_insert_with(|| {
            let sealed = || json(project, session, "plan.json");
            project.until(&format!("the plan of {session}"), || sealed().is_object());
            to_be_killed(&sealed())
        });
        let named = format!("{session} to hang in one of {left:?}");
        project.until(&named, || {
            left.iter().any(|together| together.is_subset(&hung()))
        });
        kill_all(project, runner);
        left.retain(|together| !together.is_subset(&hung()));
        assert_eq!(project.status(session)["status"], "crashed", "{session}");
        args.truncate(4);
        args.push("--resume");
    }
    project.ap(&args).expect(0);
}

/// Returns each node of a session or branch as `# It runs:` says it, checked to have each iteration once with its output.
fn ran(
    project: &Project,
    session: &str,
    folder: &str,
    steps: &[(usize, &Value)],
    before: &str,
) -> Vec<String> {
    let state = json(project, session, &format!("{folder}state.json"));
    let journal = project.read(&project.run_file(session, &format!("{folder}events.jsonl")));
    let events = journal
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["event"].clone());
    let finished: Vec<Value> = events
        .filter(|event| event["type"] == "node_finished")
        .collect();
    // Iterations one after the other; with each run and node they begin with 1 again.
    let mut history = list(&state, "history").iter().peekable();
    let mut all = Vec::new();
    for (place, step) in steps {
        let id = text(step, "id");
        if !list(step, "branches").is_empty() {
            for branch in list(step, "branches") {
                let name = text(branch, "name");
                let nodes: Vec<(usize, &Value)> =
                    list(branch, "nodes").iter().enumerate().collect();
                let inside = format!("{folder}parallel-{place:02}-{id}/providers/{name}/");
                all.extend(ran(
                    project,
                    session,
                    &inside,
                    &nodes,
                    &format!("{id}/{name}/"),
                ));
            }
            continue;
        }
        let (mut count, mut attempts) = (0, 0);
        while let Some(entry) =
            history.next_if(|entry| entry["stage"] == id && entry["iteration"] == count + 1)
        {
            count += 1;
            attempts += entry["attempts"].as_u64().expect("a number");
            let output = format!("{folder}stage-{place:02}-{id}/iterations/{count:03}/output.md");
            assert!(
                !project.read(&project.run_file(session, &output)).is_empty(),
                "{session}: {output}"
            );
        }
        let ended = finished
            .iter()
            .find(|event| event["node"] == *place)
            .map_or("failed", |event| text(&event["ending"], "kind"));
        assert!(
            count == 0 || count < attempts,
            "{session}: {id} was never killed"
        );
        all.push(format!("{before}{id} {count} {ended}"));
    }
    assert_eq!(
        history.next(),
        None,
        "{session}: more iterations than its nodes have"
    );
    all
}

/// Fails the test unless the nodes were given what the definition says.
fn given(project: &Project, definition: &Definition, plan: &Value) {
    let mut said = 0;
    for (place, step) in steps(plan) {
        let id = text(step, "id");
        let Some(gets) = definition.gets(id) else {
            continue;
        };
        let prompt = project.read(&project.run_file(
            &definition.name,
            &format!("stage-{place:02}-{id}/iterations/001/prompt.md"),
        ));
        let headings: Vec<&str> = prompt
            .lines()
            .filter_map(|line| line.strip_prefix("## "))
            .collect();
        assert_eq!(headings, gets, "{}: {id}", definition.name);
        said += 1;
    }
    assert!(
        definition.text.matches("# It gets: ").count() <= said,
        "{}: it names what is never passed on",
        definition.name
    );
}

/// Runs a definition in a project of its own.
fn check_kill_and_resume(definition: &Definition) {
    let project = project();
    run(&project, definition);
    let (session, plan) = (
        definition.name.as_str(),
        json(&project, &definition.name, "plan.json"),
    );
    assert_eq!(
        ran(&project, session, "", &steps(&plan), ""),
        definition.runs(),
        "{session}"
    );
    assert_eq!(project.status(session)["status"], "complete", "{session}");
    given(&project, definition, &plan);
    project.nothing_left();
}

fn each_of(shelf: &str) {
    let left = Mutex::new(definitions(shelf));
    let next = || left.lock().expect("no holder panics").pop();
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some(definition) = next() {
                    // There is no stand-in for `bd` then.
                    if cfg!(feature = "fake-bd") || !definition.text.contains("provider: beads") {
                        check_kill_and_resume(&definition);
                    }
                }
            });
        }
    });
}

#[test]
fn each_loop_resumes_after_a_kill_in_its_agents_and_gates() {
    each_of("loops");
}

#[test]
fn each_loop_of_agent_pipelines_resumes_after_a_kill() {
    each_of("stages");
}

#[test]
fn each_pipeline_resumes_after_a_kill_in_each_node() {
    each_of("pipelines");
}
