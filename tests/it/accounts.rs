//! A session that began on a login and finds itself on a key pauses and asks; what it would cost is accepted once.
use crate::project::Project;
use serde_json::{Value, json};

/// Prints which account pays: the login at first, later a key. Waits with it where it is told to.
const AGENT: &str = r#"
key=none
[ -e ../login ] && key=ANTHROPIC_API_KEY
touch ../login
echo "{\"type\": \"system\", \"subtype\": \"init\", \"model\": \"opus\", \"apiKeySource\": \"$key\"}"
[ $key = none ] || [ -e ../go ] || while :; do sleep 0.02; done
echo '{"type": "result", "subtype": "success", "is_error": false, "num_turns": 1, "total_cost_usd": 0.25, "usage": {"input_tokens": 10}}'
echo '{"decision": "continue", "summary": "done"}' >"$status"
"#;

/// A branch, after a first node that is paid by the login.
const PIPELINE: &str = "name: both\ndescription: a test\nnodes:\n- { id: first, loop: work, runs: 1 }\n- id: side\n  parallel:\n    providers: [{ id: one, name: priced, program: AGENT }, { id: two, name: priced, program: AGENT }]\n    stages: [{ id: think, loop: work, runs: 2 }]\n";

fn project(iterations: u32) -> Project {
    let project = Project::new();
    let yaml = format!("termination: {{type: fixed}}\niterations: {iterations}\n");
    project.priced_loop("work", &yaml, AGENT);
    project
}

#[test]
fn a_running_agent_is_ended_before_a_key_is_billed_and_continue_accepts_it() {
    let project = project(3);
    let runner = project.start(&["work", "s", "--foreground"]);
    project.until_event("s", "account_changed", 1);
    project.until("the session to ask", || {
        project.status("s")["status"] == "asking"
    });
    assert_eq!(project.history("s"), [1]);
    project.ap(&["status", "s"]).says(&[
        "it began on a subscription and would be billed (API key: a bill)",
        "ap approve s",
    ]);
    project.program("go", "");
    project.ap(&["continue", "s"]).expect(0);
    assert_eq!(runner.ended(), 0);
    assert_eq!(project.history("s"), [1, 2, 3]);
    assert_eq!(project.events("s", "account_changed").len(), 1);
    let exits = project.events("s", "agent_exited");
    assert_eq!(exits[1]["outcome"]["kind"], "cancelled");
    assert_eq!(exits[2]["cost"]["account"], "api_key");
    project.ap(&["status", "s"]).says(&["API key: a bill"]);
}

#[test]
fn a_bill_may_be_approved_and_rejected() {
    for (verb, code, history) in [("approve", 0, &[1, 2, 3][..]), ("reject", 5, &[1])] {
        let project = project(3);
        let runner = project.start(&["work", "s", "--foreground"]);
        project.until_event("s", "account_changed", 1);
        project.until("the session to ask", || {
            project.status("s")["status"] == "asking"
        });
        project.program("go", "");
        project.ap(&[verb, "s"]).expect(0);
        assert_eq!(runner.ended(), code, "{verb}");
        assert_eq!(project.history("s"), history, "{verb}");
    }
}

#[test]
fn an_agent_that_is_done_at_once_asks_before_the_next_one_begins() {
    let project = project(3);
    project.program("go", "");
    let runner = project.start(&["work", "s", "--foreground"]);
    project.until_event("s", "account_changed", 1);
    project.until("the session to ask", || {
        project.status("s")["status"] == "asking"
    });
    assert_eq!(project.history("s"), [1, 2], "finished work counts");
    // A resume does not accept it: the next agent asks again.
    project.ap(&["stop", "s"]).expect(0);
    assert_eq!(runner.ended(), 5);
    let runner = project.start(&["work", "s", "4", "--foreground", "--resume"]);
    project.until_event("s", "account_changed", 2);
    project.ap(&["continue", "s"]).expect(0);
    assert_eq!(runner.ended(), 0);
    assert_eq!(project.history("s"), [1, 2, 3, 4]);
}

#[test]
fn the_branches_of_a_block_ask_once_for_their_session_and_wait_for_the_answer() {
    let project = project(1);
    let agent = format!("\"{}\"", project.outside().join("work.sh"));
    project.write(
        ".claude/pipelines/both.yaml",
        &PIPELINE.replace("AGENT", &agent),
    );
    let runner = project.start(&["pipeline", "both", "s", "--foreground"]);
    project.until_event("s", "account_changed", 1);
    let branch = |name: &str, file: &str| {
        project.run_file("s", &format!("parallel-01-side/providers/{name}/{file}"))
    };
    let asks = |name: &str| {
        project
            .read(&branch(name, "events.jsonl"))
            .contains("\"account_changed\"")
    };
    project.until("both branches to ask", || asks("one") && asks("two"));
    // The question outlives the runner.
    runner.kill_9();
    let runner = project.start(&["pipeline", "both", "s", "--foreground", "--resume"]);
    project.until_event("s", "runner_started", 2);
    let pauses = |name: &str| {
        let state = project.read(&branch(name, "state.json"));
        serde_json::from_str::<Value>(&state).is_ok_and(|state| state["status"] == "paused")
    };
    project.until("both branches to pause", || pauses("one") && pauses("two"));
    project
        .ap(&["status", "s"])
        .says(&["would be billed (API key: a bill)"]);
    project.program("go", "");
    project.ap(&["continue", "s"]).expect(0);
    assert_eq!(runner.ended(), 0);
    assert_eq!(project.events("s", "account_changed").len(), 1);
    let spent = &project.status("s")["usage"]["cost_usd"];
    assert_eq!(*spent, json!(0.25 * 5.0));
    project.nothing_left();
}
