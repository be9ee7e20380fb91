//! The `context.json` of agents matches its schema.
use crate::project::Project;
use crate::schema::differences;
use serde_json::Value;

fn check(project: &Project, session: &str, iteration: &str) -> Value {
    let schema: Value =
        serde_json::from_str(include_str!("../../schemas/context.schema.json")).expect("a schema");
    let text = project.read(&project.run_file(session, &format!("{iteration}/context.json")));
    let context: Value = serde_json::from_str(&text).expect("a context");
    let differences = differences(&schema, &context);
    assert!(
        differences.is_empty(),
        "{}\n{context:#}",
        differences.join("\n")
    );
    context
}

#[test]
fn the_context_of_a_loop_matches_the_schema() {
    let project = Project::new();
    let script = "[ $n.$attempt != 2.1 ] || exit 1\n\"$AP_EXE\" queue close $n || exit 1\necho '{\"decision\": \"continue\", \"summary\": \"done\"}' >\"$status\"\n";
    let yaml = "termination: {type: queue, max: 4}\nqueue: {claim: engine}\nguardrails: {max_cost_usd: 5, max_runtime_seconds: 1h}\n";
    project.shell_loop("work", yaml, script).write(
        "backlog.md",
        "- [ ] one (#1)\n- [ ] two (#2)\n- [ ] three (#3)\n",
    );
    project.ap(&["work", "s", "--foreground"]).expect(0);
    let first = check(&project, "s", "stage-00-work/iterations/001");
    assert_eq!(first["limits"]["iterations_left"], 3);
    assert_eq!(
        (
            &first["limits"]["checkpoint_soon"],
            &first["limits"]["cost_left_usd"]
        ),
        (&Value::from(false), &Value::from(5.0))
    );
    assert_eq!(
        first["queue"]["state"],
        serde_json::json!({"kind": "work", "ready": 3, "left": 3, "held": 0, "blocked": 0, "next": ["1", "2", "3"]})
    );
    assert_eq!(first["task"]["id"], "1");
    assert!(
        first["tools"]
            .as_array()
            .is_some_and(|tools| tools.contains(&Value::from("git"))),
        "{}",
        first["tools"]
    );
    let again = check(&project, "s", "stage-00-work/iterations/002");
    assert_eq!(
        again["health"],
        serde_json::json!({"errors_in_a_row": 0, "errors_left": 3, "attempt": 2, "retries_left": 1})
    );
    assert!(
        again["last_error"]
            .as_str()
            .is_some_and(|error| error.contains("exit code 1")),
        "{}",
        again["last_error"]
    );
}

#[test]
fn the_context_of_a_pipeline_matches_the_schema() {
    let project = Project::new();
    project.shell_loop(
        "work",
        "termination: {type: judgment, max: 4}\n",
        "echo '{\"decision\": \"stop\"}' >\"$status\"\n",
    );
    project.write(
        ".claude/pipelines/p.yaml",
        "nodes:\n  - {id: a, loop: work, runs: 3}\n  - {id: b, loop: work, runs: 2}\n",
    );
    project
        .ap(&["pipeline", "p", "s", "--foreground"])
        .expect(0);
    let second = check(&project, "s", "stage-00-a/iterations/002");
    assert_eq!(
        (
            &second["termination"]["consecutive_stops"],
            &second["termination"]["consensus_required"]
        ),
        (&Value::from(1), &Value::from(2))
    );
    let last = check(&project, "s", "stage-01-b/iterations/002");
    assert_eq!(
        (&last["stage"]["position"], &last["stage"]["count"]),
        (&Value::from(2), &Value::from(2))
    );
    assert_eq!(
        (
            &last["limits"]["iterations_left"],
            &last["limits"]["checkpoint_soon"]
        ),
        (&Value::from(0), &Value::from(true))
    );
}
