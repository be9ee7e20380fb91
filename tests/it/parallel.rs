//! Parallel blocks: providers that run at the same time, each with its own state, also after kills.
use crate::project::{Project, Ran};
use nix::sys::signal::Signal;
use serde_json::Value;

/// Stamps each agent with its branch, stage and iteration, and waits where it is told to.
const AGENT: &str = r#"
branch=$1
stage=${status%/iterations/*}; stage=${stage##*/}
echo "$branch $stage $n" >>../ran
[ ! -e "../hold-$branch" ] || { while [ ! -e ../go ]; do sleep 0.02; done; }
[ ! -e "../fail-$branch" ] || { echo "out of order" >&2; exit 3; }
echo "from $branch $n"
echo '{"decision":"continue","summary":"done"}' >"$status"
"#;

const DUEL: &str = r#"
name: duel
description: a test
nodes:
  - { id: brief, loop: first, runs: 1 }
  - id: side
    parallel:
      providers:
        - { id: one, name: command, program: AGENT, args: [one] }
        - { id: two, name: command, program: AGENT, args: [two] }
      stages:
        - { id: think, loop: step, runs: 2 }
        - { id: write, loop: step, runs: 1 }
  - id: join
    loop: last
    runs: 1
    inputs: { from_parallel: { stage: think, select: history, providers: [two] } }
"#;

/// A project with a pipeline whose block has two branches of three iterations each.
fn project_with(pipeline: &str) -> Project {
    let project = Project::new();
    let agent = project.program(
        "agent.sh",
        &format!("#!/bin/sh\nread -r n; read -r status; cat >../prompt-$1; {AGENT}"),
    );
    let quiet = "termination: fixed\nretries: 0\nretry_delay: 0\ndelay: 0\nprovider: command\n"
        .replace("fixed", "{ type: fixed }");
    project.a_loop(
        "step",
        &format!("{quiet}program: \"{agent}\"\nargs: [absent]\n"),
        "${ITERATION}\n${STATUS}\nGiven: ${INPUTS}\n",
    );
    for name in ["first", "last"] {
        let yaml = format!("{quiet}program: \"{agent}\"\nargs: [{name}]\n");
        project.a_loop(name, &yaml, "${ITERATION}\n${STATUS}\nGiven: ${INPUTS}\n");
    }
    project.write(
        ".claude/pipelines/duel.yaml",
        &pipeline.replace("AGENT", &format!("\"{agent}\"")),
    );
    project
}

fn project() -> Project {
    project_with(DUEL)
}

fn run(project: &Project, more: &[&str]) -> Ran {
    project.ap(&[&["pipeline", "duel", "s", "--foreground"], more].concat())
}

/// What ran, in no order.
fn ran(project: &Project) -> Vec<String> {
    let text = fs_err::read_to_string(project.outside().join("ran")).unwrap_or_default();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

const ALL: [&str; 8] = [
    "first stage-00-brief 1",
    "last stage-02-join 1",
    "one stage-00-think 1",
    "one stage-00-think 2",
    "one stage-01-write 1",
    "two stage-00-think 1",
    "two stage-00-think 2",
    "two stage-01-write 1",
];

fn json(project: &Project, path: &str) -> Value {
    serde_json::from_str(&project.read(&project.run_file("s", path))).expect("JSON")
}

#[test]
fn branches_run_separately_and_the_next_node_gets_their_outputs() {
    let project = project();
    run(&project, &[]).expect(0).says(&[
        "in parallel: one, two",
        "stage side: 2 branches done",
        "complete",
    ]);
    assert_eq!(ran(&project), ALL);
    let manifest = json(&project, "parallel-01-side/manifest.json");
    assert_eq!(
        manifest["block"],
        serde_json::json!({ "name": "side", "index": 1, "stages": ["think", "write"] })
    );
    let latest = manifest["providers"]["two"]["write"]["latest_output"]
        .as_str()
        .expect("a path");
    assert_eq!(
        fs_err::read_to_string(latest).expect("an output"),
        "from two 1\n"
    );
    // Each has its own progress, context and place; a branch hears of its siblings, and of what came before the block.
    let context = json(
        &project,
        "parallel-01-side/providers/one/stage-00-think/iterations/002/context.json",
    );
    assert_eq!(
        context["parallel"],
        serde_json::json!({ "block": "side", "provider": "one", "siblings": ["two"] })
    );
    assert!(
        context["paths"]["progress"]
            .as_str()
            .expect("a path")
            .ends_with("/parallel-01-side/providers/one/progress.md")
    );
    let from = context["inputs"]["from_stage"]["brief"][0]
        .as_str()
        .expect("a path");
    assert_eq!(
        fs_err::read_to_string(from).expect("an output"),
        "from first 1\n"
    );
    assert!(
        project
            .read(&project.run_file("s", "parallel-01-side/providers/two/progress.md"))
            .contains("Provider: two")
    );
    // Money and time are the session's, and its agents are told of them.
    let limits = &context["limits"];
    assert_eq!(
        (&limits["max_cost_usd"], &limits["cost_left_usd"]),
        (&Value::from(500.0), &Value::from(500.0))
    );
    assert!(
        limits["remaining_seconds"]
            .as_i64()
            .is_some_and(|left| 0 < left && left <= 72 * 3600),
        "{limits}"
    );
    // What the next node asked for, and nothing else.
    let inputs =
        &json(&project, "stage-02-join/iterations/001/context.json")["inputs"]["from_parallel"];
    assert_eq!(
        inputs[0]["providers"]
            .as_object()
            .expect("branches")
            .keys()
            .collect::<Vec<_>>(),
        ["two"]
    );
    assert_eq!(
        inputs[0]["providers"]["two"]["history"]
            .as_array()
            .map(Vec::len),
        Some(2)
    );
    let prompt = fs_err::read_to_string(project.outside().join("prompt-last")).expect("a prompt");
    assert!(
        prompt.contains("## two: think 1\n\nfrom two 1\n") && !prompt.contains("from one"),
        "{prompt}"
    );
    project
        .ap(&["logs", "s", "--branch", "side/one", "--stage", "think"])
        .expect(0)
        .says(&["from one 2"]);
    let both = project.ap(&["logs", "s", "--stage", "side"]).expect(0);
    let (one, two) = (
        both.stdout.find("● side/one  stage write"),
        both.stdout.find("● side/two  stage write"),
    );
    assert!(
        one.is_some() && one < two && both.stdout.contains("from two 1"),
        "{both:?}"
    );
    let lines = project
        .ap(&["logs", "s", "--stage", "side", "--json"])
        .expect(0)
        .stdout;
    let branches: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["branch"].clone())
        .collect();
    assert!(
        branches.contains(&"side/one".into()) && branches.contains(&"side/two".into()),
        "{lines}"
    );
    project
        .ap(&["logs", "s", "--branch", "side/ones"])
        .expect(2)
        .says(&["there is no branch `side/ones`", "side/one, side/two"]);
    project.nothing_left();
}

#[test]
fn a_failed_branch_fails_its_block_and_resume_reruns_only_that() {
    let project = project();
    project.program("fail-two", "");
    run(&project, &[]).expect(1).says(&[
        "parallel block `side`: two failed: Agent process terminated unexpectedly with exit code 3",
        "1 of 2 branches",
    ]);
    // The other branch was not disturbed.
    assert_eq!(
        ran(&project),
        [
            "first stage-00-brief 1",
            "one stage-00-think 1",
            "one stage-00-think 2",
            "one stage-01-write 1",
            "two stage-00-think 1"
        ]
    );
    assert!(
        project
            .read(&project.run_file("s", "parallel-01-side/manifest.json"))
            .is_empty()
    );
    run(&project, &["--resume"])
        .expect(1)
        .says(&["resumed at block `side`; 4 iterations done before"]);
    fs_err::remove_file(project.outside().join("fail-two")).expect("it is there");
    run(&project, &["--resume"]).expect(0);
    // Twice it failed at the same iteration; nothing else ran again.
    let again = ran(&project)
        .into_iter()
        .filter(|line| line != "two stage-00-think 1")
        .collect::<Vec<_>>();
    assert_eq!(
        again,
        ALL.into_iter()
            .filter(|line| *line != "two stage-00-think 1")
            .collect::<Vec<_>>()
    );
    assert_eq!(project.events("s", "block_started").len(), 3);
    project.nothing_left();
}

#[test]
fn a_block_may_continue_without_failed_branches() {
    let project = project_with(
        &DUEL
            .replace(
                "      stages:",
                "      on_failure: continue\n      min_success: 1\n      stages:",
            )
            .replace(", providers: [two]", ""),
    );
    project.program("fail-two", "");
    run(&project, &[]).expect(0).says(&["1 of 2 branches done"]);
    let manifest = json(&project, "parallel-01-side/manifest.json");
    assert!(
        manifest["failed"]["two"]
            .as_str()
            .is_some_and(|why| why.contains("exit code 3")),
        "{manifest}"
    );
    let inputs =
        &json(&project, "stage-02-join/iterations/001/context.json")["inputs"]["from_parallel"];
    assert_eq!(
        inputs[0]["providers"]
            .as_object()
            .expect("branches")
            .keys()
            .collect::<Vec<_>>(),
        ["one"]
    );
    // The next agents are told which branches failed, and so is `ap status`.
    assert!(
        inputs[0]["failed"]["two"]
            .as_str()
            .is_some_and(|why| why.contains("exit code 3")),
        "{inputs}"
    );
    let prompt = fs_err::read_to_string(project.outside().join("prompt-last")).expect("a prompt");
    assert!(
        prompt.contains("from one 2") && prompt.contains("(nothing from two: it failed: "),
        "{prompt}"
    );
    project
        .ap(&["status", "s"])
        .expect(0)
        .says(&["Without    side/two: it failed: ", "exit code 3"]);
    let branches = &project.status("s")["stages"][1]["branches"];
    let [one, two] = [&branches[0], &branches[1]];
    assert_eq!(
        (&one["status"], &one["iterations"], &one["reason"]),
        (&Value::from("complete"), &Value::from(3), &Value::Null)
    );
    assert_eq!(two["status"], "failed");
    assert!(
        two["reason"]
            .as_str()
            .is_some_and(|why| why.contains("exit code 3")),
        "{two}"
    );
    project.program("fail-one", "");
    run(&project, &["--force"])
        .expect(1)
        .says(&["one failed", "two failed"]);
}

#[test]
fn the_next_runner_adopts_the_branches_of_a_killed_one() {
    let project = project();
    project.program("hold-one", "");
    project.program("hold-two", "");
    let runner = project.start(&["pipeline", "duel", "s", "--foreground"]);
    project.until("both branches to be at work", || ran(&project).len() == 3);
    runner.kill_9();
    assert_eq!(project.status("s")["status"], "crashed");
    project.program("go", "");
    run(&project, &["--resume"]).expect(0);
    assert_eq!(ran(&project), ALL);
    let adopted =
        project.read(&project.run_file("s", "parallel-01-side/providers/one/events.jsonl"));
    assert_eq!(
        adopted.matches("\"type\":\"runner_started\"").count(),
        2,
        "{adopted}"
    );
    project.nothing_left();
}

#[test]
fn a_stop_ends_all_branches_and_a_pause_holds_them() {
    let project = project();
    project.program("hold-one", "");
    project.program("hold-two", "");
    let runner = project.start(&["pipeline", "duel", "s", "--foreground"]);
    project.until("both branches to be at work", || ran(&project).len() == 3);
    project
        .ap(&["status", "s"])
        .expect(0)
        .says(&["2 branches at work side by side", "one: at work"]);
    // A sum over branches is no iteration, and one output says nothing of the others.
    project
        .ap(&["list"])
        .expect(0)
        .says(&["0 of 2 branches done"]);
    let status = project.status("s");
    assert_eq!(
        (&status["iteration"], &status["branches"][1]["name"]),
        (&Value::from(0), &Value::from("two")),
        "{status}"
    );
    runner.signal(Signal::SIGINT);
    assert_eq!(runner.ended(), 75);
    project.nothing_left();
    let stopped = &project.status("s")["stages"][1]["branches"];
    assert_eq!(
        (&stopped[0]["status"], &stopped[1]["status"]),
        (&Value::from("interrupted"), &Value::from("interrupted"))
    );

    let runner = project.start(&["pipeline", "duel", "s", "--foreground", "--resume"]);
    project.until("both branches to be at work again", || {
        ran(&project).len() == 5
    });
    project.ap(&["pause", "s"]).expect(0);
    project.program("go", "");
    let paused = |branch: &str| {
        json(
            &project,
            &format!("parallel-01-side/providers/{branch}/state.json"),
        )["status"]
            == "paused"
    };
    project.until("both branches to hold", || paused("one") && paused("two"));
    assert_eq!(ran(&project).len(), 5);
    project.ap(&["continue", "s"]).expect(0);
    assert_eq!(runner.ended(), 0);
    project.nothing_left();
}

#[test]
fn max_runtime_ends_branches_between_their_agents() {
    let project = project_with(&format!("{DUEL}guardrails: {{ max_runtime_seconds: 1 }}\n"));
    project.program("hold-two", "");
    let runner = project.start(&["pipeline", "duel", "s", "--foreground"]);
    project.until_event("s", "block_draining", 1);
    let journal = project.run_file("s", "parallel-01-side/providers/two/events.jsonl");
    project.until("the branch to hear of it", || {
        project.read(&journal).contains("\"pause_requested\"")
    });
    project.program("go", "");
    assert_eq!(runner.ended(), 4);
    // The running agent finished, and no other was started.
    let two = json(&project, "parallel-01-side/providers/two/state.json");
    assert_eq!(
        (two["iterations_total"].as_u64(), &two["status"]),
        (Some(1), &Value::from("stopped"))
    );
    run(&project, &["--resume", "--max-runtime", "0"]).expect(0);
    assert_eq!(ran(&project), ALL);
    project.nothing_left();
}

#[test]
fn each_branch_has_a_window_of_its_own() {
    let project = project();
    project.program("hold-one", "");
    project.program("hold-two", "");
    project.ap(&["pipeline", "duel", "s"]).expect(0);
    let windows = || {
        project
            .tmux(&["list-windows", "-t", "=pipeline-s", "-F", "#{window_name}"])
            .stdout
    };
    project.until("a window for each", || windows() == "s\none\ntwo\n");
    let shown = || {
        project
            .tmux(&["capture-pane", "-p", "-t", "=pipeline-s:two"])
            .stdout
    };
    project.until("its agent to be seen", || shown().contains("think"));
    project.program("go", "");
    project.ap(&["wait", "s"]).expect(0);
    project.until("the windows to close", || windows() == "s\n");
    project.nothing_left();
}

/// Fails the test unless agents took turns, each as long as it took.
fn one_at_a_time(project: &Project) {
    let text = fs_err::read_to_string(project.outside().join("turns")).expect("turns");
    let mut at_work = 0_i32;
    for line in text.lines() {
        at_work += if line == "in" { 1 } else { -1 };
        assert!((0..=1).contains(&at_work), "two at once:\n{text}");
    }
    assert_eq!(
        (at_work, text.lines().count()),
        (0, 2 * ALL.len()),
        "{text}"
    );
}

#[test]
fn max_agents_limits_concurrent_agents() {
    for (limits, machine) in [("guardrails: { max_agents: 1 }\n", ""), ("", "1")] {
        let mut project = project_with(&format!("{DUEL}{limits}"));
        let agent = format!(
            "#!/bin/sh\nread -r n; read -r status; cat >../prompt-$1; echo in >>../turns\nsleep 0.1\n{AGENT}\necho out >>../turns\n"
        );
        project.program("agent.sh", &agent);
        project.set("AP_MAX_AGENTS", machine);
        run(&project, &[])
            .expect(0)
            .says(&["waiting for a free agent slot"]);
        one_at_a_time(&project);
        assert_eq!(ran(&project), ALL);
    }
}

#[test]
fn a_killed_agent_frees_its_slot() {
    let mut project = project();
    project.set("AP_MAX_AGENTS", "1");
    project.program("hold-one", "");
    project.program("hold-two", "");
    let runner = project.start(&["pipeline", "duel", "s", "--foreground"]);
    project.until("one of the branches to be at work", || {
        ran(&project).len() == 2
    });
    runner.kill_9();
    // Its agent continues without it and keeps its slot: another session has to wait.
    let other = project.start(&["pipeline", "duel", "other", "--foreground"]);
    project.until_event("other", "iteration_started", 1);
    assert_eq!(ran(&project).len(), 2);
    for pid in project.left_over() {
        let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), Signal::SIGKILL);
    }
    project.program("go", "");
    assert_eq!(other.ended(), 0);
    run(&project, &["--resume"])
        .expect(1)
        .says(&["its shim was killed"]);
}

#[test]
fn each_run_of_a_pipeline_has_its_own_block() {
    let project = project_with(&DUEL.replace("name: duel\n", "name: duel\nruns: 2\n"));
    project.program("hold-last", "");
    let runner = project.start(&["pipeline", "duel", "s", "--foreground"]);
    project.until("the end of the first run", || {
        ran(&project).iter().any(|line| line.starts_with("last"))
    });
    project.program("fail-two", "");
    project.program("go", "");
    assert_eq!(runner.ended(), 1);
    project.ap(&["status", "s"]).expect(0).says(&[
        "failed in run 2 of 2 in the parallel block `side`",
        "1 of 2 branches",
    ]);
    fs_err::remove_file(project.outside().join("fail-two")).expect("it is there");
    // A block that has begun continues unchanged; what comes after it may change.
    let step = project.read(".claude/loops/step/prompt.md");
    project.write(
        ".claude/loops/step/prompt.md",
        &step.replace("Given", "Taken"),
    );
    run(&project, &["--resume", "--recompile"])
        .expect(2)
        .says(&["the parallel block `side` has begun"]);
    project.write(".claude/loops/step/prompt.md", &step);
    let last = project.read(".claude/loops/last/prompt.md");
    project.write(
        ".claude/loops/last/prompt.md",
        &last.replace("Given", "Taken"),
    );
    run(&project, &["--resume", "--recompile"]).expect(0);
    // One iteration failed and was made again.
    assert_eq!(ran(&project).len(), 2 * ALL.len() + 1);
    let prompt = |folder: &str| {
        project.read(&project.run_file("s", &format!("{folder}/iterations/001/prompt.md")))
    };
    assert!(
        prompt("stage-02-join").contains("Given: ") && prompt("stage-05-join").contains("Taken: ")
    );
    // The first stage of a run gets what the run before put out, and a branch what its own run did.
    assert!(prompt("stage-03-brief").contains("Given: from last 1"));
    let context = json(
        &project,
        "parallel-04-side/providers/one/stage-00-think/iterations/001/context.json",
    );
    let from = context["inputs"]["from_stage"]["brief"][0]
        .as_str()
        .expect("a path");
    assert!(
        from.ends_with("/stage-03-brief/iterations/001/output.md"),
        "{from}"
    );
    let taken = &json(&project, "stage-05-join/iterations/001/context.json")["inputs"]["from_parallel"]
        [0]["manifest"];
    assert!(
        taken
            .as_str()
            .expect("a path")
            .ends_with("/parallel-04-side/manifest.json")
    );
    assert_eq!(
        json(&project, "parallel-04-side/manifest.json")["block"]["index"],
        1
    );
    project
        .ap(&[
            "logs", "s", "--branch", "side/one", "--run", "1", "--stage", "think",
        ])
        .expect(0)
        .says(&["from one 2"]);
    project.nothing_left();
}
