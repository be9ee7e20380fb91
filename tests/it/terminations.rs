//! Terminations decided by commands, judges and promises, and combinations of them.
use crate::project::{Project, Ran};
use serde_json::Value;

const GOES_ON: &str = r#"echo "$n" >>../ran; echo '{"decision":"continue"}' >"$status""#;

/// A project whose loop ends as it says.
fn project(termination: &str) -> Project {
    let project = Project::new();
    project.shell_loop("work", &format!("termination: {termination}\n"), GOES_ON);
    project
}

/// Writes a gate of the project.
fn gate(project: &Project, script: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    project.write("gate.sh", &format!("#!/bin/sh\n{script}\n"));
    fs_err::set_permissions(
        project.root().join("gate.sh"),
        std::fs::Permissions::from_mode(0o755),
    )
    .expect("its mode");
}

fn run(project: &Project, more: &[&str]) -> Ran {
    project.ap(&[&["work", "s", "--foreground"], more].concat())
}

fn ran(project: &Project) -> usize {
    fs_err::read_to_string(project.outside().join("ran"))
        .unwrap_or_default()
        .lines()
        .count()
}

/// What the gates said, in order.
fn answers(project: &Project) -> Vec<String> {
    let kind = |event: &Value| {
        event["verdict"]["kind"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    project
        .events("s", "gate_answered")
        .iter()
        .map(kind)
        .collect()
}

#[test]
fn a_command_that_passes_ends_the_loop() {
    let project = project("{ type: verify, command: [./gate.sh], max: 9 }");
    gate(&project, "echo checked; [ \"$(wc -l <../ran)\" -ge 3 ]");
    run(&project, &[]).expect(0).says(&[
        "ends when `./gate.sh` succeeds",
        "verify: not done: checked",
        "`verify` reports that it is done: checked",
    ]);
    assert_eq!(
        (ran(&project), answers(&project)),
        (3, vec!["continue".into(), "continue".into(), "stop".into()])
    );
    // What it said is told to the next agent.
    let context: Value = serde_json::from_str(
        &project.read(&project.run_file("s", "stage-00-work/iterations/002/context.json")),
    )
    .expect("JSON");
    assert_eq!(
        context["last_verdict"]["verdict"]["kind"], "continue",
        "{context}"
    );
}

#[test]
fn pass_fail_in_progress_and_broken_are_distinguished() {
    let project = project("{ type: verify, command: [sh, gate.sh], max: 9 }");
    gate(
        &project,
        r#"case $(wc -l <../ran) in
1) echo '{"passed": false, "reason": "two tests fail", "score": 0.5}';;
2) echo '{"passed": false, "in_progress": true}';;
3) exit 127;;
*) echo warning: old; echo '{"passed": true}';;
esac"#,
    );
    let ran = run(&project, &[]).expect(0);
    ran.says(&[
        "not done: two tests fail, score 0.5",
        "in progress",
        "broken: exit code 127",
        "reports that it is done",
    ]);
    assert_eq!(
        answers(&project),
        ["continue", "in_progress", "broken", "stop"]
    );
}

#[test]
fn a_gate_that_stays_broken_fails_the_session() {
    let project = project("{ type: verify, command: [./gate.sh], timeout: 1, max: 9 }");
    gate(&project, "sleep 60");
    run(&project, &[]).expect(1).says(&[
        "`verify` gave no answer 3 times in a row",
        "did not answer within 1 s",
    ]);
    assert_eq!(ran(&project), 3);
    gate(&project, "exit 0");
    // Fixed by the user, and still not what the session started with.
    run(&project, &["--resume"])
        .expect(1)
        .says(&["gate.sh was changed since the session started"]);
    run(&project, &["--force"]).expect(0);
}

#[test]
fn a_gate_changed_by_an_agent_is_not_trusted() {
    let project = Project::new();
    let script = format!(
        "[ \"$n\" != 1 ] || printf '#!/bin/sh\\nexit 0\\n' >gate.sh\n[ \"$n\" != 2 ] || git checkout -q gate.sh\n{GOES_ON}"
    );
    project.shell_loop(
        "work",
        "termination: { type: verify, command: \"./gate.sh && true\", max: 3 }\n",
        &script,
    );
    gate(&project, "exit 1");
    for args in [
        vec!["add", "gate.sh"],
        vec![
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@b",
            "commit",
            "-qm",
            "gate",
        ],
    ] {
        assert!(
            project
                .command("git")
                .args(args)
                .status()
                .expect("git runs")
                .success()
        );
    }
    run(&project, &[])
        .expect(4)
        .says(&["gate.sh was changed", "before the command succeeded"]);
    assert_eq!(answers(&project), ["broken", "continue", "continue"]);
}

#[test]
fn a_gate_whose_binary_file_was_changed_is_not_trusted() {
    let project = Project::new();
    let script = format!("printf '\\377' >expected.bin\n{GOES_ON}");
    project.shell_loop(
        "work",
        "termination: { type: verify, command: [cmp, -s, expected.bin, result.bin], max: 2 }\n",
        &script,
    );
    for (name, content) in [("expected.bin", b"\xfe"), ("result.bin", b"\xff")] {
        agent_pipelines::store::atomic::replace(&project.root().join(name), content)
            .expect("a binary file");
    }
    run(&project, &[]).expect(4).says(&[
        "expected.bin was changed since the session started",
        "before the command succeeded",
    ]);
    assert_eq!(answers(&project), ["broken", "broken"]);
}

#[test]
fn a_gate_created_by_an_agent_is_not_trusted() {
    let project = Project::new();
    let script = format!("printf 'exit 0\\n' >gate.sh\n{GOES_ON}");
    project.shell_loop(
        "work",
        "termination: { type: verify, command: [sh, gate.sh], max: 2 }\n",
        &script,
    );
    run(&project, &[]).expect(4).says(&[
        "gate.sh was created since the session started",
        "before the command succeeded",
    ]);
    assert_eq!(answers(&project), ["broken", "broken"]);
}

#[test]
fn verify_continues_until_all_work_is_done() {
    let project = project("{ type: verify, command: [sh, gate.sh], max: 9 }");
    gate(
        &project,
        r#"[ "$(wc -l <../ran)" -ge 3 ] && all=true || all=false; echo "{\"passed\": true, \"prd_complete\": $all}""#,
    );
    run(&project, &[])
        .expect(0)
        .says(&["it passes, but not all of the work is done"]);
    assert_eq!(answers(&project), ["continue", "continue", "stop"]);
}

#[test]
fn a_verify_that_never_passes_leaves_a_pipeline_unfinished() {
    let project = Project::new();
    project.shell_loop(
        "work",
        "termination: { type: verify, command: [\"false\"] }\n",
        GOES_ON,
    );
    project.write(
        ".claude/pipelines/two.yaml",
        "name: two\nnodes:\n  - {id: a, loop: work, runs: 2}\n",
    );
    project
        .ap(&["pipeline", "two", "s", "--foreground"])
        .expect(4)
        .says(&["iteration limit of node `a` reached (2) before the command succeeded"]);
}

#[test]
fn a_promise_must_be_on_a_line_of_its_own() {
    let project = Project::new();
    let script = r#"[ "$n" != 1 ] || echo "I will say <promise>SHIPPED</promise> when it is done"
[ "$n" != 2 ] || printf 'Done.\n<promise>SHIPPED</promise>\n'
echo '{"decision":"continue"}' >"$status""#;
    project.shell_loop(
        "work",
        "termination: { type: promise, text: SHIPPED, max: 9 }\n",
        script,
    );
    run(&project, &[])
        .expect(0)
        .says(&["an agent promised SHIPPED"]);
    assert_eq!(project.history("s"), [1, 2]);
}

/// Returns which iterations of the history were votes to stop.
fn votes(project: &Project) -> Vec<bool> {
    let status = project.status("s");
    let history = status["history"].as_array().expect("a history").iter();
    history.map(|entry| entry["plateau"] == true).collect()
}

/// Only a judgment loop counts votes, so `stop` is none in any other.
#[test]
fn a_stop_is_a_plateau_in_judgment_loops_only() {
    let stops = r#"echo '{"decision":"stop"}' >"$status""#;
    for (termination, expected) in [
        ("fixed, iterations: 2", [false, false]),
        ("judgment, consensus: 2, max: 2", [true, true]),
    ] {
        let project = Project::new();
        project.shell_loop(
            "work",
            &format!("termination: {{ type: {termination} }}\n"),
            stops,
        );
        run(&project, &[]).expect(0);
        assert_eq!(votes(&project), expected, "{termination}");
    }
}

#[test]
fn any_and_all_call_only_the_gates_that_matter() {
    let all = project(
        "{ max: 9, all: [{type: verify, command: [./gate.sh]}, {any: [{type: promise}, {type: judgment, consensus: 2}]}] }",
    );
    gate(&all, "echo asked >>../asked");
    all.shell_loop(
        "work",
        "termination: { max: 9, all: [{type: verify, command: [./gate.sh]}, {any: [{type: promise}, {type: judgment, consensus: 2}]}] }\n",
        r#"[ "$n" -gt 2 ] && d=stop || d=continue; echo "{\"decision\":\"$d\"}" >"$status""#,
    );
    run(&all, &[])
        .expect(0)
        .says(&["`verify` reports that it is done, and 2 agents in a row voted to stop"]);
    assert_eq!(all.history("s"), [1, 2, 3, 4]);
    assert_eq!(votes(&all), [false, false, true, true]);
    assert_eq!(
        fs_err::read_to_string(all.outside().join("asked"))
            .expect("it was asked")
            .lines()
            .count(),
        1,
        "only once the agents agree"
    );
    for (wrong, why) in [
        ("{ any: [] }", "`any` is an empty list"),
        (
            "{ any: [{type: fixed}], all: [{type: queue}] }",
            "`any` and `all` cannot be used together",
        ),
        (
            "{ type: queue, any: [{type: fixed}] }",
            "`type: queue` and `any` cannot be used together",
        ),
        (
            "{ all: [{consensus: 2}] }",
            "one of the terminations has no `type`",
        ),
        ("{ all: [{type: verfy}] }", "did you mean `verify`?"),
        (
            "{ type: judge, confidence: 7 }",
            "`confidence` must be between 0 and 1",
        ),
    ] {
        run(&project(wrong), &[]).expect(2).says(&[why]);
    }
}

#[test]
fn a_judge_sees_the_work_and_decides() {
    let judge = r#"termination: { type: judge, max: 9, min_iterations: 2, criteria: "the soup is served", judge: { provider: command, program: ./judge.sh } }
"#;
    let project = Project::new();
    project.shell_loop(
        "work",
        judge,
        &format!("echo \"- plate $n\" >>.claude/pipeline-runs/s/progress-s.md; echo served plate $n\n{GOES_ON}"),
    );
    let script = "#!/bin/sh\ncat >../case; echo asked >>../asked\ncase $(wc -l <../asked) in\n1) echo I think so;;\n2) echo '{\"stop\":true,\"confidence\":0.2,\"reason\":\"perhaps\"}';;\n*) echo '{\"stop\":true,\"confidence\":0.95,\"reason\":\"all plates are full\"}';;\nesac\n";
    project.write("judge.sh", script);
    use std::os::unix::fs::PermissionsExt as _;
    fs_err::set_permissions(
        project.root().join("judge.sh"),
        std::fs::Permissions::from_mode(0o755),
    )
    .expect("its mode");
    run(&project, &[]).expect(0).says(&[
        "judge: not done: not sure enough (0.20): perhaps",
        "`judge` reports that it is done: all plates are full",
    ]);
    assert_eq!(
        project.history("s"),
        [1, 2, 3],
        "no gate was asked after the first"
    );
    let case = fs_err::read_to_string(project.outside().join("case")).expect("it was told");
    for told in [
        "the soup is served",
        "3 iterations are over",
        "served plate 3",
        "- plate 2",
        "never as instructions",
    ] {
        assert!(case.contains(told), "{told} is not in\n{case}");
    }
}

#[test]
fn a_session_killed_during_a_gate_calls_it_again() {
    let project = project("{ type: verify, command: [./gate.sh], max: 9 }");
    gate(
        &project,
        "[ -e ../asked ] && exit 0; touch ../asked; sleep 600",
    );
    let running = project.start(&["work", "s", "--foreground"]);
    project.until("the gate is asked", || {
        project.outside().join("asked").exists()
    });
    running.kill_9();
    run(&project, &["--resume"]).expect(0);
    assert_eq!(
        (ran(&project), answers(&project)),
        (1, vec!["stop".into()]),
        "no agent ran again"
    );
    for pid in project.left_over() {
        let _ = nix::sys::signal::kill(
            nix::unistd::Pid::from_raw(pid),
            nix::sys::signal::Signal::SIGKILL,
        );
    }
}

#[test]
fn a_gate_command_that_cannot_run_is_refused_at_the_start() {
    let project = project("{ type: verify, command: [./nonexist], max: 9 }");
    let why = "node `work` ends when `./nonexist` succeeds, and there is no such program";
    run(&project, &[])
        .expect(2)
        .says(&[why, "make it executable"]);
    project
        .ap(&["lint", "work"])
        .expect(0)
        .says(&["command-missing", why]);
    project.ap(&["lint", "work", "--strict"]).expect(2);
    project.nothing_left();
}

#[test]
fn a_stop_does_not_wait_for_a_gate() {
    let project = project("{ type: verify, command: [./gate.sh], max: 9 }");
    gate(&project, "touch ../asked; sleep 600");
    let running = project.start(&["work", "s", "--foreground"]);
    project.until("the gate is asked", || {
        project.outside().join("asked").exists()
    });
    running.signal(nix::sys::signal::Signal::SIGTERM);
    running.ended();
    project.nothing_left();
    assert_eq!(project.status("s")["status"], "interrupted");
}

#[test]
fn a_queue_without_tasks_is_a_mistake_unless_it_may_be_empty() {
    for (termination, code, says) in [
        ("{ type: queue, max: 9 }", 2, "no tasks found"),
        (
            "{ type: queue, max: 9, empty: done }",
            0,
            "the queue is empty, 0 tasks closed in all",
        ),
        (
            "{ max: 9, any: [{ type: queue, empty: done }, { type: promise }] }",
            0,
            "the queue is empty, 0 tasks closed in all",
        ),
    ] {
        let project = project(termination);
        project.write("backlog.md", "# Backlog\n");
        run(&project, &[]).expect(code).says(&[says]);
        assert_eq!(ran(&project), 0);
    }
    let project = project("{ type: queue, empty: often }");
    run(&project, &[]).expect(2).says(&[
        "loop.yaml:7:36",
        "`empty` must be `fail` or `done`, not `often`",
    ]);
}
