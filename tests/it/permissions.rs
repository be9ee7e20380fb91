//! `permissions: ask`: an agent at work asks for what its rules do not allow, waits alive, and gets the answer once.
use crate::project::{Project, Running};
use serde_json::{Value, json};

const FOREGROUND: [&str; 3] = ["work", "s", "--foreground"];
const RESUME: [&str; 4] = ["work", "s", "--foreground", "--resume"];
/// Runs the same command twice, then another one.
const TOUCHES: &str = "iterations:\n  - run: [[sh, -c, 'echo a >>made'], [sh, -c, 'echo a >>made'], [sh, -c, 'echo b >>made']]\n    status: { decision: continue }\n";

/// Starts a session whose agents ask for permissions.
fn starting(script: &str, yaml: &str) -> (Project, Running) {
    let project = Project::new();
    project.scripted_loop(
        "work",
        &format!("permissions: ask\ntermination: {{type: fixed, iterations: 1}}\n{yaml}"),
        script,
    );
    let runner = project.start(&FOREGROUND);
    (project, runner)
}

/// Starts such a session, and waits until it asks.
fn asking(script: &str, yaml: &str) -> (Project, Running) {
    let (project, runner) = starting(script, yaml);
    until_asked(&project, 1);
    (project, runner)
}

/// Waits for the question of this number.
#[track_caller]
fn until_asked(project: &Project, number: usize) {
    project.until_event("s", "question_asked", number);
    project.until("the question", || {
        let status = project.status("s");
        status["question"]["id"] == format!("q{number}")
    });
}

fn made(project: &Project) -> String {
    fs_err::read_to_string(project.root().join("made")).unwrap_or_default()
}

#[test]
fn what_is_allowed_for_the_session_is_not_asked_again_and_what_is_denied_is_not_done() {
    let (project, runner) = asking(TOUCHES, "");
    let status = project.status("s");
    assert_eq!(status["status"], "asking");
    let question = &status["question"];
    assert_eq!(question["subject"]["kind"], "permission");
    assert_eq!(question["permission"]["tool"], "Bash");
    assert_eq!(question["permission"]["call"], "sh -c echo a >>made");
    project.ap(&["list"]).says(&["asking", "Allow Bash?"]);
    project.ap(&["wait", "s", "--or-question"]).expect(6);
    project.ap(&["answer", "s", "yes please"]).expect(2);
    project.ap(&["answer", "s", "--choice", "2"]).expect(0);
    until_asked(&project, 2);
    project.ap(&["answer", "s", "x", "--id", "q1"]).expect(1);
    project
        .ap(&["reject", "s", "write it to c instead"])
        .expect(0);
    assert_eq!(runner.ended(), 0);
    assert_eq!(made(&project), "a\na\n");
    assert_eq!(project.events("s", "question_asked").len(), 2);
    assert_eq!(project.events("s", "permission_decided").len(), 1);
    let output = project.read(&project.run_file("s", "stage-00-work/iterations/001/stdout.log"));
    assert!(output.contains("write it to c instead"));
    assert_eq!(project.history("s"), [1]);
}

#[test]
fn an_agent_whose_runner_was_killed_gets_its_answer_from_the_next_one() {
    let (project, runner) = asking(TOUCHES, "");
    runner.kill_9();
    let stored = project.ap(&["approve", "s"]).expect(0);
    stored.says(&["Stored"]);
    let resumed = project.start(&RESUME);
    until_asked(&project, 2);
    project.ap(&["approve", "s"]).expect(0);
    until_asked(&project, 3);
    project.ap(&["approve", "s"]).expect(0);
    assert_eq!(resumed.ended(), 0);
    assert_eq!(made(&project), "a\na\nb\n");
    assert_eq!(
        project.events("s", "agent_started").len(),
        1,
        "it was adopted"
    );
}

#[test]
fn what_is_not_answered_in_time_is_denied() {
    let (project, runner) = starting(TOUCHES, "limits: {permission: 1s}\n");
    assert_eq!(runner.ended(), 0);
    assert_eq!(made(&project), "");
    let answers = project.events("s", "question_answered");
    assert_eq!(answers.len(), 3);
    assert!(
        answers
            .iter()
            .all(|it| it["by"] == "its time limit" && it["permit"] == "denied")
    );
}

#[test]
fn an_agent_that_waits_for_a_permission_keeps_its_slot() {
    let mut project = Project::new();
    project.set("AP_MAX_AGENTS", "1");
    let yaml = "permissions: ask\ntermination: {type: fixed, iterations: 1}\n";
    project.scripted_loop("work", yaml, TOUCHES);
    let runner = project.start(&FOREGROUND);
    until_asked(&project, 1);
    let other = project.start(&["work", "other", "--foreground"]);
    project.until_event("other", "iteration_started", 1);
    project.ap(&["answer", "s", "--choice", "2"]).expect(0);
    until_asked(&project, 2);
    assert_eq!(project.events("other", "agent_started").len(), 0);
    project.ap(&["approve", "s"]).expect(0);
    assert_eq!(runner.ended(), 0);
    for number in 1..=3 {
        project.until_event("other", "question_asked", number);
        project.ap(&["approve", "other"]).expect(0);
    }
    assert_eq!(other.ended(), 0);
    assert_eq!(made(&project), "a\na\nb\na\na\nb\n");
}

#[test]
fn the_limits_of_an_agent_stand_still_while_it_waits_for_you() {
    let limits = "limits: {wall: 2s, idle: 1s, tool: 1s, start: 1s}\n";
    let (project, runner) = asking(TOUCHES, limits);
    let asked_at: jiff::Timestamp = project.status("s")["question"]["asked_at"]
        .as_str()
        .expect("a time")
        .parse()
        .expect("a time");
    let wait = jiff::SignedDuration::from_secs(4);
    project.until("longer than its limits", || {
        wait < agent_pipelines::clock::now().duration_since(asked_at)
    });
    project.ap(&["answer", "s", "--choice", "2"]).expect(0);
    until_asked(&project, 2);
    project.ap(&["approve", "s"]).expect(0);
    assert_eq!(runner.ended(), 0);
    assert_eq!(made(&project), "a\na\nb\n");
    let ended = &project.events("s", "agent_exited")[0];
    assert_eq!(ended["outcome"]["kind"], "reported", "{ended}");
}

#[test]
fn a_stop_ends_an_agent_that_waits_for_a_permission() {
    let (project, runner) = asking(TOUCHES, "");
    project.ap(&["stop", "s"]).expect(0);
    assert_eq!(runner.ended(), 5);
    project
        .ap(&["approve", "s"])
        .expect(1)
        .says(&["asks nothing now"]);
    project.nothing_left();
}

#[test]
fn many_permissions_in_a_row_are_a_question_of_their_own() {
    let commands: Vec<Value> = (0..28)
        .map(|n| json!(["sh", "-c", format!("echo {n} >>made")]))
        .collect();
    let script = json!({"pause_ms": 0, "iterations": [{"run": commands, "status": {"decision": "continue"}}]});
    let (project, runner) = asking(&script.to_string(), "");
    for number in 1..=25 {
        until_asked(&project, number);
        project.ap(&["approve", "s"]).expect(0);
    }
    until_asked(&project, 26);
    let question = project.status("s")["question"].clone();
    assert_eq!(question["subject"]["kind"], "many_permissions");
    project.ap(&["reject", "s"]).expect(0);
    assert_eq!(runner.ended(), 0);
    assert_eq!(made(&project).lines().count(), 25);
    assert_eq!(project.events("s", "permission_decided").len(), 3);
}

#[test]
fn a_program_that_cannot_ask_is_refused_by_name() {
    let project = Project::new();
    project.a_loop(
        "work",
        "termination: {type: fixed, iterations: 1}\nprovider: codex\npermissions: ask\n",
        "x",
    );
    let says = ["provider `codex` does not support `ask`", "cannot ask you"];
    project.ap(&["lint", "work"]).expect(2).says(&says);
    project.ap(&FOREGROUND).expect(2).says(&says);
}

const DUEL: &str = "name: duel\ndescription: a test\nnodes:\n  - id: side\n    parallel:\n      providers:\n        - { id: one, name: scripted, args: [one.yaml] }\n        - { id: two, name: scripted, args: [two.yaml] }\n      stages:\n        - { id: think, loop: step, runs: 1 }\n";

#[test]
fn a_branch_asks_for_a_permission_and_is_told_something_while_the_other_one_works() {
    let project = Project::new();
    project.a_loop(
        "step",
        "termination: {type: fixed}\nprovider: scripted\npermissions: ask\ndelay: 0\n",
        "x",
    );
    project.write(".claude/pipelines/duel.yaml", DUEL);
    let done = "status: { decision: continue }";
    project.write(
        "one.yaml",
        &format!("iterations:\n  - run: [[touch, one], [touch, two]]\n    {done}\n"),
    );
    project.write("two.yaml", &format!("iterations:\n  - {done}\n"));
    let runner = project.start(&["pipeline", "duel", "s", "--foreground"]);
    project.until_event("s", "branch_reported", 1);
    project.until("the other branch to end", || {
        project.status("s")["branches"][1]["status"] == "complete"
    });
    project.until("the question", || asked(&project)["tool"] == "Bash");
    let said = ["say", "s", "mind the gap", "--branch", "one", "--json"];
    let said: Value = serde_json::from_str(&project.ap(&said).expect(0).stdout).expect("JSON");
    assert_eq!(said["result"], "delivered");
    project.ap(&["approve", "s", "--branch", "one"]).expect(0);
    project.until("the other question", || {
        asked(&project)["call"] == "touch two"
    });
    project.ap(&["approve", "s", "--branch", "one"]).expect(0);
    assert_eq!(runner.ended(), 0);
    assert!(project.root().join("two").exists());
    let output = project.read(&project.run_file(
        "s",
        "parallel-00-side/providers/one/stage-00-think/iterations/001/stdout.log",
    ));
    assert!(output.contains("mind the gap"));
}

#[test]
fn what_one_branch_is_allowed_for_the_session_holds_in_the_others_and_after_them() {
    let project = Project::new();
    project.a_loop(
        "step",
        "termination: {type: fixed}\nprovider: scripted\nargs: [after.yaml]\npermissions: ask\ndelay: 0\n",
        "x",
    );
    let after =
        "        - { id: think, loop: step, runs: 1 }\n  - { id: after, loop: step, runs: 1 }\n";
    let pipeline = DUEL.replace("        - { id: think, loop: step, runs: 1 }\n", after);
    project.write(".claude/pipelines/duel.yaml", &pipeline);
    let touches = |before: &str| {
        let call = "[sh, -c, 'echo x >>made']";
        format!("iterations:\n  - run: [{before}{call}]\n    status: {{ decision: continue }}\n")
    };
    project.write("one.yaml", &touches(""));
    // A queue's commands are allowed, so this one waits without asking.
    project.write("two.yaml", &touches("[touch, two], "));
    project.write("after.yaml", &touches(""));
    let runner = project.start(&["pipeline", "duel", "s", "--foreground"]);
    project.until("the question of one", || {
        asked(&project)["call"] == "sh -c echo x >>made"
    });
    let same = ["answer", "s", "--choice", "2", "--branch", "one"];
    project.ap(&same).expect(0);
    project.until("the question of two", || {
        let questions = project.ap(&["questions", "--json"]).expect(0);
        let questions: Value = serde_json::from_str(&questions.stdout).expect("JSON");
        questions[0]["permission"]["call"] == "touch two"
    });
    project.ap(&["approve", "s", "--branch", "two"]).expect(0);
    assert_eq!(runner.ended(), 0);
    assert_eq!(made(&project), "x\nx\nx\n");
    let asked = project.events("s", "question_answered");
    assert_eq!(asked.len(), 2, "the same call was asked for once");
}

#[test]
fn an_agent_keeps_its_task_while_it_asks_for_a_permission() {
    let project = Project::new();
    project.write("backlog.md", "- [ ] one (#one)\n");
    project.scripted_loop(
        "work",
        "permissions: ask\ntermination: {type: queue, max: 2}\nqueue: {claim: engine}\n",
        "iterations:\n  - claim: true\n    run: [touch, made]\n    close: true\n    status: { decision: continue }\n",
    );
    let runner = project.start(&FOREGROUND);
    until_asked(&project, 1);
    let status = project.ap(&["queue", "status", "--json"]).expect(0);
    let status: Value = serde_json::from_str(&status.stdout).expect("JSON");
    assert_eq!(status["held"][0]["id"], "one", "{status}");
    project.ap(&["approve", "s"]).expect(0);
    assert_eq!(runner.ended(), 0);
    assert_eq!(project.events("s", "task_claimed").len(), 1);
}

#[test]
fn a_kill_ends_an_agent_that_waits_for_a_permission_and_its_question() {
    let (project, runner) = asking(TOUCHES, "");
    project.ap(&["kill", "s"]).expect(0);
    assert_eq!(runner.ended(), 128 + 9);
    project.nothing_left();
    project
        .ap(&["approve", "s"])
        .expect(1)
        .says(&["asks nothing now"]);
    assert_eq!(made(&project), "");
}

/// Returns what the branch `one` asks for.
fn asked(project: &Project) -> Value {
    let questions = project.ap(&["questions", "--json"]).expect(0);
    let questions: Value = serde_json::from_str(&questions.stdout).expect("JSON");
    if questions[0]["branch"] == "one" {
        questions[0]["permission"].clone()
    } else {
        Value::Null
    }
}

#[test]
fn an_agent_cannot_answer_its_own_session() {
    let (project, runner) = asking(
        "iterations:\n  - run: [touch, made]\n    status: { decision: continue }\n",
        "",
    );
    let run = project.status("s")["run"]
        .as_str()
        .expect("a run")
        .to_owned();
    for words in [
        ["approve", "s"].as_slice(),
        &["reject", "s"],
        &["continue", "s"],
        &["answer", "s", "allow once"],
    ] {
        let mut command = project.ap_command(words);
        let answer = command.env("AP_RUN", &run).output().expect("ap runs");
        assert_eq!(answer.status.code(), Some(2), "{words:?}");
        let said = String::from_utf8_lossy(&answer.stderr).into_owned();
        assert!(said.contains("cannot answer what it asks"), "{said}");
    }
    project.ap(&["approve", "s"]).expect(0);
    assert_eq!(runner.ended(), 0);
}
