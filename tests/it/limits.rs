//! Limits of a session: reached, reported, raised with `--resume`; and endings short of the goal.
use crate::project::Project;

const FOREGROUND: [&str; 3] = ["work", "s", "--foreground"];
const DONE: &str = r#"echo '{"decision":"continue"}' > "$status""#;

#[test]
fn resume_raises_the_maximum_and_never_lowers_it_below_finished_iterations() {
    let project = Project::new();
    project.shell_loop("work", "termination: {type: judgment, consensus: 2}", DONE);
    project
        .ap(&["work", "s", "3", "--foreground"])
        .expect(4)
        .says(&["ap work s 6 --resume"]);
    project
        .ap(&["work", "s", "2", "--foreground", "--resume"])
        .expect(2)
        .says(&["has completed 3 iterations already"]);
    assert_eq!(
        project.events("s", "runner_started").len(),
        1,
        "a refused wish changes nothing"
    );
    project
        .ap(&["work", "s", "4", "--foreground", "--resume"])
        .expect(4);
    assert_eq!(project.history("s"), [1, 2, 3, 4]);
}

#[test]
fn max_runtime_ends_a_session_and_is_raised_with_resume() {
    let project = Project::new();
    project.shell_loop(
        "work",
        "termination: {type: fixed}\niterations: 3",
        &format!("[ $n = 1 ] && sleep 1.2\n{DONE}"),
    );
    project
        .ap(&["work", "s", "--foreground", "--max-runtime", "1"])
        .expect(4)
        .says(&["--max-runtime 2"]);
    assert_eq!(project.history("s"), [1]);
    project
        .ap(&[
            "work",
            "s",
            "--foreground",
            "--resume",
            "--max-runtime",
            "1h",
        ])
        .expect(0);
    assert_eq!(project.history("s"), [1, 2, 3]);
    project
        .ap(&["work", "t", "--foreground", "--max-runtime", "soon"])
        .expect(2)
        .says(&["a time like 90m"]);
    project
        .ap(&["work", "t", "--foreground", "--max-cost", "-1"])
        .expect(2);
}

#[test]
fn a_session_whose_iterations_all_failed_fails() {
    let project = Project::new();
    project.shell_loop(
        "work",
        "termination: {type: fixed}\niterations: 2",
        "exit 0",
    );
    project.ap(&FOREGROUND).expect(1).says(&[
        "every iteration ended in an error",
        "the agent wrote no status.json",
    ]);
    // Not by asking again either: failed iterations are repeated, and fail again.
    let resume = ["work", "s", "--foreground", "--resume"];
    project.ap(&resume).expect(1).says(&[
        "every iteration ended in an error",
        "the agent wrote no status.json",
    ]);
    assert_eq!(project.history("s"), [1, 2, 3, 4]);
}

#[test]
fn resume_repeats_a_failed_last_iteration() {
    let project = Project::new();
    let agent = format!(
        "[ -e ../fixed ] || {{ echo '{{\"decision\":\"error\",\"reason\":\"no disk\"}}' >\"$status\"; exit 0; }}\n{DONE}"
    );
    project.shell_loop("work", "termination: {type: fixed}\niterations: 1", &agent);
    project
        .ap(&FOREGROUND)
        .expect(1)
        .says(&["the last one: no disk", "failed iterations are repeated"]);
    project.program("fixed", "");
    project
        .ap(&["work", "s", "1", "--foreground", "--resume"])
        .expect(0);
    assert_eq!(project.history("s"), [1, 2]);
    let yaml = "nodes:\n  - id: side\n    parallel:\n      providers: [{id: a, name: command, program: AGENT}]\n      stages: [{id: do, loop: work, runs: 1}]\n";
    let program = project.read(".claude/loops/work/loop.yaml");
    let program = program
        .lines()
        .find_map(|line| line.strip_prefix("program: "))
        .expect("a program")
        .trim_matches('"')
        .to_owned();
    project.write(
        ".claude/pipelines/p.yaml",
        &yaml.replace("AGENT", &format!("\"{program}\"")),
    );
    fs_err::remove_file(project.outside().join("fixed")).expect("it is there");
    let pipeline = ["pipeline", "p", "t", "--foreground"];
    project
        .ap(&pipeline)
        .expect(1)
        .says(&["a failed", "no disk"]);
    project
        .ap(&[&pipeline[..], &["--resume", "--max", "3"]].concat())
        .expect(2)
        .says(&["a pipeline takes no maximum"]);
    project.program("fixed", "");
    project
        .ap(&[&pipeline[..], &["--resume"]].concat())
        .expect(0);
}

#[test]
fn times_in_state_json_have_whole_seconds() {
    let project = Project::new();
    project.shell_loop("work", "termination: {type: fixed}\niterations: 1", DONE);
    project.ap(&FOREGROUND).expect(0);
    let state: serde_json::Value =
        serde_json::from_str(&project.read(&project.run_file("s", "state.json"))).expect("JSON");
    for time in [
        &state["started_at"],
        &state["completed_at"],
        &state["history"][0]["timestamp"],
    ] {
        assert!(
            time.as_str()
                .is_some_and(|time| time.len() == "2026-01-01T00:00:00Z".len()),
            "{time}"
        );
    }
}
