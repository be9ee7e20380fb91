//! Sessions over issues in beads, with the stand-in for `bd`.
use super::*;

/// Makes the first calls that fit go wrong.
fn faults(tasks: &mut Tasks, rules: &str) {
    let path = tasks.project.outside().join("faults.json");
    agent_pipelines::store::atomic::replace(&path, rules.as_bytes()).expect("a file");
    tasks.project.set("FAKE_BD_FAULTS", path.as_str());
}

#[test]
fn a_hanging_call_does_not_end_the_session() {
    let mut tasks = project(&["one", "two"], "1.3.0");
    faults(
        &mut tasks,
        r#"[{"command":"update --claim","times":1,"fault":"hang"},{"command":"ready","times":1,"fault":"hang"}]"#,
    );
    let yaml =
        "termination: { type: queue }\nqueue: { claim: engine, label: pipeline/s, timeout: 2 }\n";
    tasks.project.shell_loop("work", yaml, CLOSES);
    let other = tasks.project.start(&["work", "other", "--foreground"]);
    let ran = tasks.project.ap(&["work", "s", "--foreground"]).expect(0);
    assert_eq!(other.ended(), 0, "{}", ran.text());
    assert_eq!(tasks.queue(&["status"])["closed"], 2);
}

#[test]
fn work_behind_a_hundred_containers_is_found() {
    let tasks = Tasks::beads(&[], "1.3.0");
    let mut issues: Vec<Value> = (0..101)
        .map(|n| serde_json::json!({ "id": format!("t-e{n}"), "title": "an epic", "issue_type": "epic", "priority": 0, "labels": ["pipeline/s"] }))
        .collect();
    issues.push(serde_json::json!({ "id": "t-task", "title": "a task", "priority": 2, "labels": ["pipeline/s"] }));
    let database = serde_json::json!({ "prefix": "t", "issues": issues }).to_string();
    tasks.project.write(".beads/fake-bd.json", &database);
    for claim in ["agent", "engine"] {
        tasks
            .project
            .shell_loop("work", "termination: { type: queue }\n", CLOSES);
        tasks
            .project
            .ap(&["work", "s", "--foreground", "--force", "--claim", claim])
            .expect(0);
        tasks.project.write(".beads/fake-bd.json", &database);
    }
}

#[test]
fn a_task_blocked_by_hand_during_the_delay_is_not_claimed() {
    let tasks = project(&["one", "two"], "0.49.5");
    let yaml = "delay: 2\ntermination: { type: queue }\nqueue: { claim: engine }\n";
    let agent = tasks.project.program(
        "agent",
        &format!("#!/bin/sh\nread -r n; read -r status; cat >/dev/null\n{CLOSES}\n"),
    );
    tasks.project.a_loop(
        "work",
        &format!("provider: command\nprogram: \"{agent}\"\n{yaml}"),
        "${ITERATION}\n${STATUS}\n",
    );
    let running = tasks.project.start(&["work", "s", "--foreground"]);
    tasks.project.until_event("s", "wait_started", 1);
    let issues: Value =
        serde_json::from_str(&tasks.bd(&["list", "--status", "open", "--json"])).expect("JSON");
    tasks.bd(&[
        "update",
        issues[0]["id"].as_str().expect("an id"),
        "--status",
        "blocked",
        "--json",
    ]);
    assert_eq!(running.ended(), 4);
    assert_eq!(tasks.project.events("s", "task_claimed").len(), 1);
}

#[test]
fn a_parked_issue_can_be_opened_in_beads_itself() {
    let tasks = project(&["one"], "1.3.0");
    let failing =
        "ap queue claim >/dev/null; echo '{\"decision\":\"error\",\"reason\":\"no\"}' >\"$status\"";
    tasks
        .project
        .shell_loop("work", "termination: { type: queue }\n", failing);
    tasks
        .project
        .ap(&["work", "s", "--foreground"])
        .expect(4)
        .says(&["was parked"]);
    let issues: Value =
        serde_json::from_str(&tasks.bd(&["list", "--all", "--json"])).expect("JSON");
    tasks.bd(&[
        "update",
        issues[0]["id"].as_str().expect("an id"),
        "--status",
        "open",
        "--json",
    ]);
    tasks
        .project
        .shell_loop("work", "termination: { type: queue }\n", CLOSES);
    tasks
        .project
        .ap(&["work", "s", "--foreground", "--force"])
        .expect(0);
}

#[test]
fn a_pause_during_a_claim_releases_the_task() {
    let mut tasks = project(&["one"], "1.3.0");
    faults(
        &mut tasks,
        r#"[{"command":"update --claim","times":1,"fault":"sleep_ms:1500"}]"#,
    );
    tasks
        .project
        .set("FAKE_BD_LOG", tasks.project.outside().join("log"));
    let running = tasks
        .project
        .start(&["work", "s", "--foreground", "--claim", "engine"]);
    tasks.project.until("the claim is under way", || {
        tasks.project.events("s", "queue_checked").len() == 1
    });
    tasks.project.ap(&["pause", "s"]).expect(0);
    tasks.project.until_event("s", "pause_requested", 1);
    tasks.project.until_event("s", "queue_checked", 2);
    assert_eq!(
        tasks.queue(&["ready"]).as_array().map(Vec::len),
        Some(1),
        "{}",
        tasks.queue(&["status"])
    );
    tasks.project.ap(&["continue", "s"]).expect(0);
    assert_eq!(running.ended(), 0);
}

fn project(titles: &[&str], version: &str) -> Tasks {
    let tasks = Tasks::beads(titles, version);
    tasks
        .project
        .shell_loop("work", "termination: { type: queue }\nretries: 0\n", CLOSES);
    tasks
}

#[test]
fn without_a_task_of_its_label_a_session_says_what_to_do() {
    let tasks = project(&["one", "two"], "1.0.5");
    let ran = tasks
        .project
        .ap(&["work", "other", "--foreground"])
        .expect(1);
    ran.says(&[
        "looked for issues with the label `pipeline/other`",
        "no ready task is without a session's label",
        "--label NAME",
    ]);
    tasks.bd(&["create", "free", "-d", "x", "--json"]);
    tasks
        .project
        .ap(&["work", "other", "--foreground", "--force"])
        .expect(1)
        .says(&["1 ready task without", "ap queue label other --all-ready"]);
    tasks
        .project
        .ap(&["queue", "label", "other", "--all-ready"])
        .expect(0)
        .says(&["pipeline/other"]);
    tasks
        .project
        .ap(&["work", "other", "--foreground", "--force"])
        .expect(0);
    tasks
        .project
        .ap(&["work", "third", "--foreground", "--label", "pipeline/s"])
        .expect(0);
    assert_eq!(tasks.queue(&["status"])["closed"], 2);
}

#[test]
fn a_label_with_a_comma_is_refused_with_the_reason() {
    let tasks = project(&["one"], "0.49.5");
    let why = "beads takes a comma for the end of a label";
    tasks
        .project
        .ap(&["work", "s", "--foreground", "--label", "a,b"])
        .expect(2)
        .says(&["the label `a,b` cannot be used", why]);
    tasks
        .project
        .ap(&["queue", "label", "s", "--all-ready", "--label", "a,b"])
        .expect(1)
        .says(&[why]);
}

#[test]
fn a_project_without_a_database_gets_the_command_to_create_one() {
    let mut tasks = project(&[], "0.49.5");
    let (database, elsewhere) = (
        tasks.project.root().join(".beads"),
        tasks.project.outside().join("beads"),
    );
    fs_err::rename(&database, &elsewhere).expect("it is there");
    let ran = tasks
        .project
        .ap(&["work", "s", "--foreground", "--queue", "beads"])
        .expect(2);
    ran.says(&["there is no beads database", "`bd init --prefix NAME`"]);
    assert!(!database.exists(), "none was requested");
    fs_err::rename(&elsewhere, &database).expect("it is there");
    let path = tasks
        .project
        .var("PATH")
        .rsplit_once("/bin:")
        .map(|(_, rest)| rest.to_owned())
        .expect("a PATH");
    tasks.project.set("PATH", path);
    let ran = tasks
        .project
        .ap(&["work", "t", "--foreground", "--queue", "beads"])
        .expect(2);
    ran.says(&["there is no program `bd`, which the queue of node `work` needs"]);
}

#[test]
fn versions_too_old_and_too_new_are_reported() {
    let tasks = project(&["one"], "0.20.1");
    tasks
        .project
        .ap(&["work", "s", "--foreground"])
        .expect(1)
        .says(&["bd 0.20.1 is too old: 0.24.0 is the oldest"]);
    let tasks = project(&["one"], "9.9.9");
    let ran = tasks.project.ap(&["work", "s", "--foreground"]).expect(0);
    assert_eq!(
        ran.text()
            .matches("bd 9.9.9 is newer than any this ap knows")
            .count(),
        1,
        "{}",
        ran.text()
    );
}

#[test]
fn agents_that_call_bd_themselves_act_as_their_iteration() {
    let tasks = project(&["one"], "1.3.0");
    tasks.project.shell_loop("work", "termination: { type: queue }\n", "id=$(bd ready --label pipeline/s --json | grep -o '\"id\": *\"[^\"]*\"' | head -1 | cut -d'\"' -f4)\nbd update \"$id\" --claim --json >../claimed.json\n[ \"$n\" = 1 ] || { bd close \"$id\" --json >/dev/null; }\necho '{\"decision\":\"continue\"}' >\"$status\"");
    tasks.project.ap(&["work", "s", "--foreground"]).expect(0);
    assert_eq!(tasks.journalled("released"), 1, "what the first one left");
    let claimed = fs_err::read_to_string(tasks.project.outside().join("claimed.json"))
        .expect("it was claimed");
    assert!(claimed.contains("pipeline/s/"), "{claimed}");
}

/// What was called of `bd`, without ids.
fn calls(log: &str) -> Vec<String> {
    let call = |line: &str| {
        let line: Value = serde_json::from_str(line).expect("a line of JSON");
        let words: Vec<&str> = line["argv"]
            .as_array()
            .expect("words")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let more = ["--claim", "in_progress", "--all"]
            .into_iter()
            .filter(|more| words.contains(more));
        words
            .iter()
            .copied()
            .take(1)
            .chain(more)
            .collect::<Vec<_>>()
            .join(" ")
    };
    fs_err::read_to_string(log)
        .expect("the log")
        .lines()
        .map(call)
        .collect()
}

#[test]
fn an_iteration_makes_these_calls_and_no_others() {
    let mut tasks = project(&["one", "two", "three"], "1.3.0");
    let log = tasks.project.outside().join("log.jsonl").to_string();
    tasks.project.set("FAKE_BD_LOG", &log);
    // What the agent calls is not ours to count.
    let agent = "read -r status; read -r task; unset FAKE_BD_LOG; bd close \"${task%%:*}\" --json >/dev/null && echo '{\"decision\":\"continue\"}' >\"$status\"";
    let agent = tasks
        .project
        .program("agent", &format!("#!/bin/sh\n{agent}\n"));
    let yaml = format!(
        "provider: command\nprogram: \"{agent}\"\ndelay: 0\ntermination: {{ type: queue }}\nqueue: {{ claim: engine }}\n"
    );
    tasks.project.a_loop("work", &yaml, "${STATUS}\n${TASK}\n");
    tasks.project.ap(&["work", "s", "--foreground"]).expect(0);
    let calls = calls(&log);
    let claims: Vec<usize> = (0..calls.len())
        .filter(|at| calls[*at] == "update --claim")
        .collect();
    assert_eq!(claims.len(), 3, "{calls:?}");
    for pair in claims.windows(2) {
        assert_eq!(
            calls[pair[0]..pair[1]],
            ["update --claim", "show", "ready", "list in_progress"],
            "{calls:?}"
        );
    }
}

#[test]
fn a_bd_that_never_answers_ends_the_session_in_time_and_is_named() {
    for command in ["version", "ready"] {
        let mut tasks = project(&["one"], "1.3.0");
        faults(
            &mut tasks,
            &format!(r#"[{{"command":"{command}","fault":"hang"}}]"#),
        );
        let yaml = "termination: { type: queue }\nqueue: { label: pipeline/s, timeout: 1 }\n";
        tasks.project.shell_loop("work", yaml, CLOSES);
        let ran = tasks.project.ap(&["work", "s", "--foreground"]).expect(1);
        ran.says(&["did not answer within 1 s and was ended"]);
    }
}

#[test]
fn a_mistyped_id_labels_nothing() {
    let tasks = Tasks::beads(&["one", "two"], "1.0.5");
    let ready = tasks.queue(&["ready"]);
    let id = |at: usize| ready[at]["id"].as_str().expect("an id").to_owned();
    tasks
        .project
        .ap(&["queue", "label", "other", &id(0), "t-nope", &id(1)])
        .expect(1)
        .says(&["t-nope"]);
    assert!(
        !tasks
            .bd(&["list", "--all", "--json"])
            .contains("pipeline/other")
    );
    tasks
        .project
        .ap(&["queue", "label", "other", &id(0), &id(1)])
        .expect(0)
        .says(&[&id(0), &id(1)]);
}
