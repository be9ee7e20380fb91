//! Pipelines that run several times: each run with stages, outputs and votes of its own.
use crate::project::Project;
use serde_json::{Value, json};

/// Two nodes: `a` until two agents agree, then `b` once, which fails while there is no file `go` from the second run on.
fn a_project(runs: &str) -> Project {
    let project = Project::new();
    let agent = project.program(
        "agent.sh",
        "#!/bin/sh\nread -r n; read -r status; read -r stage; read -r given\ncat >/dev/null\n\
         case \"$stage\" in b) [ -e ../go ] || { [ -e ../first ] && exit 1; : >../first; };; esac\n\
         echo \"$stage$n<$given>\"\necho '{\"decision\": \"stop\"}' >\"$status\"\n",
    );
    let yaml = |end: &str| {
        format!(
            "provider: command\nprogram: \"{agent}\"\ndelay: 0\nretries: 0\ntermination: {end}\n"
        )
    };
    let prompt = |stage: &str| format!("${{ITERATION}}\n${{STATUS}}\n{stage}\n${{INPUTS}}\n");
    project.a_loop(
        "agree",
        &yaml("{ type: judgment, consensus: 2, min_iterations: 1, max: 5 }"),
        &prompt("a"),
    );
    project.a_loop("once", &yaml("{ type: fixed, max: 1 }"), &prompt("b"));
    project.write(
        ".claude/pipelines/p.yaml",
        &format!("{runs}nodes:\n  - {{id: a, loop: agree, runs: 5}}\n  - {{id: b, loop: once, runs: 1}}\n"),
    );
    project
}

fn output(project: &Project, path: &str) -> String {
    project
        .read(&project.run_file("s", &format!("{path}/output.md")))
        .trim()
        .to_owned()
}

fn order(project: &Project) -> Vec<Value> {
    let history = project.status("s")["history"]
        .as_array()
        .expect("a list")
        .clone();
    history
        .iter()
        .map(|past| json!([past["run_number"], past["stage"], past["iteration"]]))
        .collect()
}

#[test]
fn runs_are_separate_and_get_the_outputs_of_the_previous_one() {
    let project = a_project("");
    project.program("go", "");
    project
        .ap(&["pipeline", "p", "s", "3", "--foreground"])
        .expect(0)
        .says(&["run 2 of 3", "run 3 of 3, stage b"]);
    let run = |run: u64| {
        [
            json!([run, "a", 1]),
            json!([run, "a", 2]),
            json!([run, "b", 1]),
        ]
    };
    assert_eq!(order(&project), [run(1), run(2), run(3)].concat());
    let outputs = [
        "00-a/iterations/002",
        "01-b",
        "02-a/iterations/001",
        "02-a/iterations/002",
        "03-b",
        "05-b",
    ];
    let outputs = outputs.map(|path| output(&project, &format!("stage-{path}")));
    assert_eq!(
        outputs,
        [
            "a2<>",
            "b1<a2<>>",
            "a1<b1<a2<>>>",
            "a2<b1<a2<>>>",
            "b1<a2<b1<a2<>>>>",
            "b1<a2<b1<a2<b1<a2<>>>>>>"
        ]
    );
    let context: Value = serde_json::from_str(
        &project.read(&project.run_file("s", "stage-03-b/iterations/001/context.json")),
    )
    .expect("a context");
    let stage = json!({ "id": "b", "index": 1, "position": 2, "count": 2, "template": "once", "run_number": 2, "runs": 3 });
    assert_eq!(context["stage"], stage);
    assert!(
        context["inputs"]["from_stage"]["a"][0]
            .as_str()
            .expect("a path")
            .ends_with("stage-02-a/iterations/002/output.md")
    );
    let status = project.status("s");
    assert_eq!(
        (&status["status"], &status["run_number"], &status["runs"]),
        (&"complete".into(), &3.into(), &3.into())
    );
    project
        .ap(&["status", "s"])
        .expect(0)
        .says(&["Run 3 of 3", "Stage all 2 are done, `b` last"]);
    project
        .ap(&[
            "logs",
            "s",
            "--stage",
            "a",
            "--run",
            "2",
            "--iteration",
            "1",
        ])
        .expect(0)
        .says(&["run 2 of 3", "a1<b1<a2<>>>"]);
    project
        .ap(&["logs", "s", "--run", "1"])
        .expect(0)
        .says(&["b1<a2<>>"]);
    project
        .ap(&["logs", "s", "--run", "4"])
        .expect(2)
        .says(&["there is no run 4", "3 runs"]);
}

#[test]
fn a_session_resumes_in_the_middle_of_a_run() {
    let project = a_project("runs: 3\n");
    project
        .ap(&["pipeline", "p", "s", "--foreground"])
        .expect(1)
        .says(&["in run 2 of 3 at iteration 1/1"]);
    let status = project.status("s");
    let stages: Vec<_> = status["stages"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|stage| stage["status"].clone())
        .collect();
    assert_eq!(
        (&status["run_number"], &status["current_stage"], stages),
        (
            &2.into(),
            &1.into(),
            vec!["complete".into(), "failed".into()]
        )
    );
    project.ap(&["list"]).expect(0).says(&["b (run 2 of 3)"]);
    project
        .ap(&[
            "pipeline",
            "p",
            "s",
            "--foreground",
            "--resume",
            "--runs",
            "4",
        ])
        .expect(2)
        .says(&["--runs cannot be changed", "--recompile"]);
    project.program("go", "");
    project
        .ap(&[
            "pipeline",
            "p",
            "s",
            "--foreground",
            "--resume",
            "--recompile",
            "--runs",
            "1",
        ])
        .expect(2)
        .says(&["in run 2 of 3", "no longer there"]);
    project
        .ap(&[
            "pipeline",
            "p",
            "s",
            "--foreground",
            "--resume",
            "--recompile",
            "--runs",
            "4",
        ])
        .expect(0);
    let run = |run: u64| {
        [
            json!([run, "a", 1]),
            json!([run, "a", 2]),
            json!([run, "b", 1]),
        ]
    };
    assert_eq!(order(&project), [run(1), run(2), run(3), run(4)].concat());
    project.nothing_left();
}

#[test]
fn a_session_killed_in_the_second_run_resumes_there() {
    let project = a_project("");
    project.program("go", "");
    let agent = project.outside().join("agent.sh");
    let script = fs_err::read_to_string(&agent).expect("the agent");
    project.program(
        "agent.sh",
        &script.replace("echo \"$stage", "case \"$given\" in b*) [ -e ../more ] || { : >../there; sleep 600; };; esac\necho \"$stage"),
    );
    let runner = project.start(&["pipeline", "p", "s", "--runs", "2", "--foreground"]);
    // A shim that is killed before its agent runs has lost nothing.
    project.until("the fourth agent", || {
        project.outside().join("there").exists()
    });
    runner.kill_9();
    project.until("its agent to be gone", || {
        let left = project.left_over();
        for pid in &left {
            let _ = nix::sys::signal::kill(
                nix::unistd::Pid::from_raw(*pid),
                nix::sys::signal::Signal::SIGKILL,
            );
        }
        left.is_empty()
    });
    project.program("more", "");
    project
        .ap(&["pipeline", "p", "s", "--foreground", "--resume"])
        .expect(1);
    project
        .ap(&["pipeline", "p", "s", "--foreground", "--resume"])
        .expect(0);
    assert_eq!(order(&project).len(), 6);
    project.nothing_left();
}

#[test]
fn invalid_runs_are_refused() {
    let project = a_project("runs: 0\n");
    project
        .ap(&["pipeline", "p", "s", "--foreground"])
        .expect(2)
        .says(&["p.yaml:1:7", "`runs` must be between 1 and 1000"]);
    project
        .ap(&["pipeline", "p", "s", "2", "--runs", "3"])
        .expect(2)
        .says(&["the number of runs is given twice: 2 and --runs 3"]);
    project
        .ap(&["agree", "s", "--runs", "2", "--foreground"])
        .expect(2)
        .says(&["a loop takes no runs", "--max"]);
    project
        .ap(&["dry-run", "pipeline", "p", "--runs", "2"])
        .expect(0)
        .says(&["At most 12 agents, in 2 runs of all nodes"]);
}

#[test]
fn a_nested_pipeline_resumes_where_it_stopped() {
    let project = a_project("");
    project.write(
        ".claude/pipelines/q.yaml",
        "nodes:\n  - {id: n, pipeline: p, runs: 2}\n  - {id: end, loop: once, runs: 1, inputs: {from: n}}\n",
    );
    project.ap(&["lint", "pipeline", "q"]).expect(0);
    project
        .ap(&["dry-run", "pipeline", "q", "s", "--graph", "mermaid"])
        .expect(0)
        .says(&["n-1-a", "n-2-b"]);
    project
        .ap(&["pipeline", "q", "s", "--foreground"])
        .expect(1)
        .says(&["stage 4/5 n-2-b"]);
    project.program("go", "");
    project
        .ap(&["pipeline", "q", "s", "--resume", "--foreground"])
        .expect(0);
    let outputs = ["00-n-1-a", "01-n-1-b", "02-n-2-a", "03-n-2-b", "04-end"]
        .map(|path| output(&project, &format!("stage-{path}")));
    let given = "b1<a2<b1<a2<>>>>";
    assert_eq!(
        outputs,
        [
            "a2<>",
            "b1<a2<>>",
            "a2<b1<a2<>>>",
            given,
            &format!("b1<{given}>")
        ]
    );
    project.write(
        ".claude/pipelines/p.yaml",
        "nodes: [{id: a, pipeline: q}]\n",
    );
    project
        .ap(&["pipeline", "q", "t", "--foreground"])
        .expect(2)
        .says(&["runs within itself", "q` → `p` → `q"]);
}
