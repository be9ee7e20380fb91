//! Definitions edited while their session is stopped: reported, and used with `--recompile` where that is safe.
use crate::project::Project;
use serde_json::Value;

const RESUME: [&str; 4] = ["work", "s", "--foreground", "--resume"];
const RECOMPILE: [&str; 5] = ["work", "s", "--foreground", "--resume", "--recompile"];
/// Works as soon as there is a file `go`.
const ONCE_TOLD: &str =
    "[ -e ../go ] || exit 1\necho '{\"decision\": \"continue\"}' >\"$status\"\n";

fn write(project: &Project, max: u32, context: &str) {
    project.shell_loop(
        "work",
        &format!("retries: 0\ncontext: {context}\ntermination: {{ type: fixed, max: {max} }}\n"),
        ONCE_TOLD,
    );
}

/// A session whose first iteration failed, and whose loop was edited since.
fn edited(flags: &[&str]) -> Project {
    let project = Project::new();
    write(&project, 2, "old");
    project
        .ap(&[&["work", "s", "--foreground"], flags].concat())
        .expect(1);
    write(&project, 4, "new");
    project.program("go", "");
    project
}

fn plan(project: &Project) -> Value {
    serde_json::from_str(&project.read(&project.run_file("s", "plan.json"))).expect("a plan")
}

#[test]
fn an_edited_definition_is_reported_and_not_used() {
    let project = edited(&[]);
    project.ap(&RESUME).expect(0).says(&[
        ".claude/loops/work/loop.yaml or what it uses has changed",
        "--recompile",
    ]);
    assert_eq!(project.history("s"), [1, 2]);
    let project = edited(&[]);
    write(&project, 2, "old");
    let ran = project.ap(&RESUME).expect(0);
    assert!(!ran.text().contains("has changed"), "{}", ran.text());
    let project = edited(&[]);
    fs_err::remove_dir_all(project.root().join(".claude/loops/work")).expect("it is there");
    project.ap(&RECOMPILE).expect(2);
    project.write(".claude/loops/work/prompt.md", "");
}

#[test]
fn a_recompiled_session_keeps_what_it_has_spent_and_may_spend() {
    let project = Project::new();
    let write = |context: &str| {
        project.scripted_loop(
            "work",
            &format!("context: {context}\ntermination: {{type: fixed, iterations: 3}}\n"),
            "iterations:\n  - {status: {decision: continue}, cost_usd: 0.6}\n",
        );
    };
    write("old");
    let start = ["work", "s", "--foreground", "--max-cost", "1"];
    project.ap(&start).expect(4).says(&["$1.20 of $1.00"]);
    write("new");
    project
        .ap(&RECOMPILE)
        .expect(4)
        .says(&["compiled again", "$1.20 of $1.00"]);
    assert_eq!(plan(&project)["steps"][0]["context"], "new");
    assert_eq!(project.events("s", "agent_exited").len(), 2);
}

#[test]
fn a_recompiled_session_keeps_the_overrides_of_its_start() {
    let project = edited(&["--command", "a=b", "--keep-env"]);
    let run = plan(&project)["run"].clone();
    project
        .ap(&RECOMPILE)
        .expect(0)
        .says(&["the plan is compiled again from .claude/loops/work/loop.yaml"]);
    assert_eq!(project.history("s"), [1, 2, 3, 4]);
    let node = plan(&project)["steps"][0].clone();
    assert_eq!(
        (
            &node["context"],
            &node["commands"]["a"],
            &node["agent"]["keep_env"]
        ),
        (&"new".into(), &"b".into(), &true.into())
    );
    assert_eq!(
        (
            plan(&project)["run"].clone(),
            project.events("s", "plan_replaced").len()
        ),
        (run, 1)
    );
    assert!(
        !project
            .root()
            .join(project.run_file("s", "plan.next.json"))
            .exists()
    );
    let project = edited(&["--context", "said"]);
    project
        .ap(&[&RECOMPILE[..], &["--max", "3", "--context", "later"]].concat())
        .expect(0);
    assert_eq!(
        (project.history("s"), &plan(&project)["steps"][0]["context"]),
        (vec![1, 2, 3], &"later".into())
    );
    project
        .ap(&[&RESUME[..], &["--context", "x"]].concat())
        .expect(2)
        .says(&["--context cannot be changed", "--recompile"]);
}

#[test]
fn recompile_keeps_stages_that_have_started() {
    let project = Project::new();
    write(&project, 9, "x");
    let pipeline = |ids: &[&str]| {
        let nodes = ids.iter().map(|id| {
            format!(
                "  - {{id: {id}, loop: {}, runs: 1}}\n",
                if *id == "b" { "stuck" } else { "work" }
            )
        });
        project.write(
            ".claude/pipelines/p.yaml",
            &format!("nodes:\n{}", nodes.collect::<String>()),
        );
    };
    project.program("go", "");
    project.shell_loop(
        "stuck",
        "retries: 0\ntermination: { type: fixed, max: 1 }\n",
        "[ -e ../free ] || exit 1\necho '{\"decision\": \"stop\"}' >\"$status\"\n",
    );
    pipeline(&["a", "b", "c"]);
    project
        .ap(&["pipeline", "p", "s", "--foreground"])
        .expect(1);
    let recompile = [
        "pipeline",
        "p",
        "s",
        "--foreground",
        "--resume",
        "--recompile",
    ];
    let frozen = project.read(&project.run_file("s", "plan.json"));
    for (ids, why) in [
        (&["b", "c"][..], "node 1 is `b` now, and was `a`"),
        (&["a", "x", "b"], "node 2 is `x` now, and was `b`"),
        (&["a"], "node 2, `b`, is no longer there"),
    ] {
        pipeline(ids);
        project
            .ap(&recompile)
            .expect(2)
            .says(&[why, "ap pipeline p s --resume"]);
    }
    assert_eq!(project.read(&project.run_file("s", "plan.json")), frozen);
    project.program("free", "");
    pipeline(&["a", "b", "x", "y"]);
    project.ap(&recompile).expect(0);
    let stages = project.status("s")["stages"].clone();
    let names: Vec<_> = stages
        .as_array()
        .expect("a list")
        .iter()
        .map(|stage| stage["name"].as_str().expect("a name"))
        .collect();
    assert_eq!(names, ["a", "b", "x", "y"]);
}

#[test]
fn an_agent_at_work_is_not_called_in_another_way() {
    let project = Project::new();
    let script = "[ -e ../go ] || sleep 600\necho '{\"decision\": \"continue\"}' >\"$status\"\n";
    let shell_loop = |more: &str| {
        project.shell_loop(
            "work",
            &format!("{more}termination: {{ type: fixed, max: 2 }}\n"),
            script,
        )
    };
    shell_loop("");
    let runner = project.start(&["work", "s", "--foreground"]);
    project.until_event("s", "agent_started", 1);
    runner.kill_9();
    shell_loop("args: [more]\n");
    project.ap(&RECOMPILE).expect(2).says(&[
        "iteration 1 of node `work` is not over",
        "calls its agent differently",
    ]);
    assert!(project.events("s", "plan_replaced").is_empty());
}

/// Whatever moment the runner dies at, the session then has the old plan or the new one, as the journal says.
#[cfg(feature = "crash-points")]
#[test]
fn a_crash_while_a_plan_is_replaced_leaves_the_old_or_the_new_one() {
    let log = |project: &Project| project.outside().join("points");
    let points = {
        let project = edited(&[]);
        let ran: crate::project::Ran = project
            .ap_command(&RECOMPILE)
            .env("AP_CRASH_LOG", log(&project))
            .output()
            .expect("ap runs")
            .into();
        ran.expect(0);
        let passed = fs_err::read_to_string(log(&project)).expect("the points that were passed");
        passed
            .lines()
            .filter(|line| line.starts_with("runner "))
            .position(|line| line.contains("new plan: in place"))
            .expect("it is passed")
            + 1
    };
    let mut taken = Vec::new();
    for point in 1..=points {
        let project = edited(&[]);
        let mut command = project.ap_command(&RECOMPILE);
        command
            .env("AP_CRASH_LOG", log(&project))
            .env("AP_CRASH_AT", format!("runner:{point}"));
        let ran: crate::project::Ran = command.output().expect("ap runs").into();
        assert_eq!(ran.code, 128 + 9, "{}", ran.text());
        let new = !project.events("s", "plan_replaced").is_empty();
        assert_eq!(
            project.status("s")["max_iterations"],
            if new { 4 } else { 2 },
            "what is shown after point {point}"
        );
        project.ap(&RESUME).expect(0);
        let made = plan(&project)["steps"][0]["context"].clone();
        let expected: (&[u64], &str) = if new {
            (&[1, 2, 3, 4], "new")
        } else {
            (&[1, 2], "old")
        };
        assert_eq!(
            (&project.history("s")[..], made.as_str()),
            (expected.0, Some(expected.1)),
            "after point {point}"
        );
        project.nothing_left();
        taken.push(new);
    }
    assert!(taken.contains(&true) && taken.contains(&false), "{taken:?}");
}
