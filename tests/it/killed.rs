//! `ap kill` and `ap cleanup` on a session whose runner died within a parallel block: several agents at once, each of a
//! run within the run.
use crate::project::Project;
use serde_json::Value;

/// Two branches; `one` is done at once, `two` and `three` wait to be let go.
fn project() -> Project {
    let project = Project::new();
    let agent = r#"
case "$status" in
    */one/*) ;;
    *) echo "$n" >>../held; while [ ! -e ../go ]; do sleep 0.02; done ;;
esac
echo '{"decision":"continue","summary":"done"}' >"$status""#;
    project.shell_loop(
        "work",
        "termination: { type: fixed, max: 1 }\nretries: 0\n",
        agent,
    );
    let providers =
        "[{ id: one, name: command }, { id: two, name: command }, { id: three, name: command }]";
    let block = format!(
        "{{ id: side, parallel: {{ providers: {providers}, stages: [{{ id: do, loop: work, runs: 1 }}] }} }}"
    );
    let last = "{ id: then, loop: work, runs: 1 }";
    project.write(
        ".claude/pipelines/side.yaml",
        &format!("name: side\ndescription: a test\nnodes:\n  - {block}\n  - {last}\n"),
    );
    project
}

/// Kills the runner while two of its branches are at work.
fn kill_runner_in_the_block(project: &Project) {
    let runner = project.start(&["pipeline", "side", "s", "--foreground"]);
    let held = || {
        fs_err::read_to_string(project.outside().join("held"))
            .unwrap_or_default()
            .lines()
            .count()
    };
    project.until("two branches to be at work", || held() == 2);
    // The one that is done has been heard of.
    project.until("the third to be done", || {
        project
            .read(&project.run_file("s", "events.jsonl"))
            .contains("\"kind\":\"completed\"")
    });
    runner.kill_9();
    assert!(
        2 <= project.left_over().len(),
        "the agents outlive their runner"
    );
}

fn branches(project: &Project) -> Vec<Value> {
    let status = project.status("s");
    ["one", "two", "three"]
        .map(|name| {
            let all = status["stages"][0]["branches"]
                .as_array()
                .expect("branches");
            all.iter()
                .find(|branch| branch["name"] == name)
                .expect("the branch")["status"]
                .clone()
        })
        .to_vec()
}

fn found(project: &Project, args: &[&str]) -> Vec<(Value, Value)> {
    let said = project
        .ap(&[&["cleanup", "--json"], args].concat())
        .expect(0);
    let report: Value = serde_json::from_str(&said.stdout).expect("JSON");
    let all = report["found"]
        .as_array()
        .expect("findings")
        .iter()
        .filter(|finding| finding["kind"] == "agent");
    all.map(|finding| (finding["action"].clone(), finding["done"].clone()))
        .collect()
}

fn goes_on(project: &Project) {
    project.program("go", "");
    project
        .ap(&["pipeline", "side", "s", "--foreground", "--resume"])
        .expect(0);
    assert_eq!(branches(project), ["complete", "complete", "complete"]);
    let one = project.read(&project.run_file("s", "parallel-00-side/providers/one/events.jsonl"));
    assert_eq!(
        one.matches("iteration_started").count(),
        1,
        "what was done stays done: {one}"
    );
    project
        .ap(&["status", "s"])
        .expect(0)
        .says(&["Stage all 2 are done, `then` last"]);
    project.nothing_left();
}

#[test]
fn a_kill_ends_and_records_every_branch() {
    let project = project();
    kill_runner_in_the_block(&project);
    project.ap(&["kill", "s"]).expect(0).says(&["is killed"]);
    project.nothing_left();
    let status = project.status("s");
    assert_eq!(
        (&status["status"], branches(&project)),
        (
            &"stopped".into(),
            vec!["complete".into(), "stopped".into(), "stopped".into()]
        )
    );
    for name in ["two", "three"] {
        let journal = project.read(&project.run_file(
            "s",
            &format!("parallel-00-side/providers/{name}/events.jsonl"),
        ));
        assert!(
            journal.contains("\"by\":\"ap kill\"") && journal.contains("\"kind\":\"cancelled\""),
            "{journal}"
        );
    }
    goes_on(&project);
}

#[test]
fn cleanup_finds_agents_of_branches_and_keeps_those_a_resume_adopts() {
    let project = project();
    kill_runner_in_the_block(&project);
    let (leave, end) = (Value::from("leave"), Value::from("end"));
    assert_eq!(
        found(&project, &[]),
        [(leave.clone(), false.into()), (leave, false.into())]
    );
    assert_eq!(
        found(&project, &["--orphans"]),
        [(end.clone(), true.into()), (end, true.into())]
    );
    project.until("the agents to be gone", || project.left_over().is_empty());
    assert_eq!(found(&project, &["--orphans"]), []);
}

#[test]
fn a_resume_after_a_dry_run_of_cleanup_adopts_every_branch() {
    let project = project();
    kill_runner_in_the_block(&project);
    assert_eq!(found(&project, &[]).len(), 2);
    goes_on(&project);
    assert_eq!(
        fs_err::read_to_string(project.outside().join("held"))
            .expect("a file")
            .lines()
            .count(),
        3,
        "two branches, and the last node"
    );
}

#[test]
fn agents_of_branches_of_an_archived_run_are_ended() {
    let project = project();
    kill_runner_in_the_block(&project);
    let kept = project.root().join(".claude/pipeline-runs/.archive/s-old");
    fs_err::create_dir_all(kept.parent().expect("a folder")).expect("a folder");
    fs_err::rename(project.root().join(".claude/pipeline-runs/s"), kept).expect("it is moved");
    assert_eq!(found(&project, &[]).len(), 2);
    project.until("the agents to be gone", || project.left_over().is_empty());
}
