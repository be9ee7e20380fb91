//! Hooks: what runs at a session's events, what it is told, and what follows when it fails.
mod remote;

use crate::project::Project;
use serde_json::Value;

const FOREGROUND: [&str; 3] = ["work", "s", "--foreground"];
const RESUME: [&str; 4] = ["work", "s", "--foreground", "--resume"];
const WORKS: &str = "echo '{\"decision\": \"continue\", \"summary\": \"did it\"}' >\"$status\"";
/// Notes what it reads.
const NOTES: &str = "#!/bin/sh\nread -r line\necho \"$line\" >>../noted\n";

/// A loop of two iterations whose hooks are these lines; `@HOOK@` is a program that does this.
fn project(does: &str, hooks: &str) -> Project {
    let project = Project::new();
    let hook = project.program("hook.sh", does);
    let hooks = hooks.replace("@HOOK@", hook.as_str());
    let yaml = format!("termination: {{ type: fixed, iterations: 2 }}\nhooks:\n{hooks}");
    project.shell_loop("work", &yaml, WORKS);
    project
}

/// Returns the events that hooks were told of, in order.
fn noted(project: &Project) -> Vec<Value> {
    let text = fs_err::read_to_string(project.outside().join("noted")).unwrap_or_default();
    let parse = |line| serde_json::from_str(line).expect("JSON");
    text.lines().map(parse).collect()
}

fn names(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event["event"].as_str().expect("a name"))
        .collect()
}

#[test]
fn a_session_waits_for_its_hooks_and_each_is_told_its_event() {
    let all = [
        "session_start",
        "node_start",
        "iteration_start",
        "iteration_end",
        "node_end",
        "session_end",
    ];
    let hooks: String = all
        .iter()
        .map(|event| format!("  {event}: [{{ command: [\"@HOOK@\"], await: true }}]\n"))
        .collect();
    let project = project(NOTES, &hooks);
    project.ap(&FOREGROUND).expect(0);
    let events = noted(&project);
    let iteration = ["iteration_start", "iteration_end"];
    let expected = [
        &["session_start", "node_start"][..],
        &iteration,
        &iteration,
        &["node_end", "session_end"],
    ]
    .concat();
    assert_eq!(names(&events), expected);
    let over = &events[3];
    assert_eq!(
        (&over["iteration"], &over["summary"]),
        (&1.into(), &"did it".into())
    );
    assert_eq!(
        (&over["session"], &over["node"], &over["again"]),
        (&"s".into(), &"work".into(), &false.into())
    );
    assert_eq!(events[7]["outcome"], "complete");
    assert_eq!(project.events("s", "hook_started").len(), 8);
    let ended = project.events("s", "hook_ended");
    assert_eq!(ended.len(), 8);
    assert!(
        ended.iter().all(|event| event["exit"]["code"] == 0),
        "{ended:?}"
    );
}

#[test]
fn hooks_that_only_observe_run_once_and_in_order() {
    let project = project(
        NOTES,
        "  session_start: [{ command: [\"@HOOK@\"] }]\n  node_end: [{ command: [\"@HOOK@\"] }]\n  session_end: [{ command: [\"@HOOK@\"] }, { command: [\"@HOOK@\"], when: { outcome: [failed] } }]\n",
    );
    project.ap(&FOREGROUND).expect(0);
    assert_eq!(
        names(&noted(&project)),
        ["session_start", "node_end", "session_end"]
    );
    let log = project.read(&project.run_file("s", "hooks.jsonl"));
    assert_eq!(log.lines().count(), 6, "{log}");
    assert_eq!(log.matches("\"exit\":{\"code\":0}").count(), 3, "{log}");
    assert_eq!(project.events("s", "hook_started").len(), 0);
}

#[test]
fn a_failed_hook_holds_the_session_until_you_approve() {
    let project = project(
        "#!/bin/sh\necho 'staging is busy' >&2\nexit 3\n",
        "  iteration_start: [{ command: [\"@HOOK@\"], on_failure: hold, when: { every: 2 } }]\n",
    );
    let runner = project.start(&FOREGROUND);
    project.until_event("s", "question_asked", 1);
    let question = &project.events("s", "question_asked")[0]["question"];
    assert_eq!(question["by"], "hook", "{question}");
    let text = question["text"].as_str().expect("a text");
    assert!(
        text.contains("at iteration_start failed: exit code 3: staging is busy"),
        "{text}"
    );
    assert_eq!(project.history("s"), [1]);
    project.ap(&["approve", "s"]).expect(0);
    assert_eq!(runner.ended(), 0);
    assert_eq!(project.history("s"), [1, 2]);
}

#[test]
fn a_failed_hook_fails_the_session_and_runs_again_on_resume() {
    let project = project(
        "#!/bin/sh\necho ran >>../ran\n[ -e ../well ]\n",
        "  iteration_start: [{ command: [\"@HOOK@\"], on_failure: fail }]\n",
    );
    let ran = || {
        project
            .read(project.outside().join("ran").as_str())
            .lines()
            .count()
    };
    project
        .ap(&FOREGROUND)
        .expect(1)
        .says(&["at iteration_start failed: exit code 1"]);
    assert_eq!(ran(), 1);
    project.program("well", "");
    project.ap(&RESUME).expect(0);
    assert_eq!(project.history("s"), [1, 2]);
    assert_eq!(ran(), 3);
}

#[test]
fn a_hook_is_tried_three_times_in_all() {
    let mut project = project(
        "#!/bin/sh\necho ran >>../ran\nexit 1\n",
        "  iteration_end: [{ command: [\"@HOOK@\"], on_failure: retry, when: { every: 2 } }]\n",
    );
    project.set("AP_WAIT_FACTOR", "0.001");
    project
        .ap(&FOREGROUND)
        .expect(0)
        .says(&["at iteration_end failed"]);
    let tries: Vec<_> = project
        .events("s", "hook_started")
        .iter()
        .map(|it| it["try"].as_u64())
        .collect();
    assert_eq!(tries, [Some(1), Some(2), Some(3)]);
}

#[test]
fn hooks_that_hang_fork_or_print_without_end_are_ended() {
    for (does, why) in [
        ("exec sleep 1000\n", "did not answer within 1 s"),
        ("sleep 1000 &\nsetsid sleep 1000 &\nexit 4\n", "exit code 4"),
        ("exec yes\n", "did not answer within 1 s"),
    ] {
        let project = project(
            &format!("#!/bin/sh\n{does}"),
            "  iteration_end: [{ command: [\"@HOOK@\"], timeout: 1s, when: { every: 2 } }]\n",
        );
        project.ap(&FOREGROUND).expect(0).says(&[why]);
        assert_eq!(project.history("s"), [1, 2], "{does}");
        project.nothing_left();
    }
    let project = project(
        NOTES,
        "  iteration_end: [{ command: [./no.sh] }, { command: [./plain.sh] }]\n",
    );
    project.write("plain.sh", "echo");
    project.ap(&FOREGROUND).expect(0).says(&[
        "there is no program ./no.sh",
        "./plain.sh is not executable",
    ]);
}

#[test]
fn a_hook_whose_runner_was_killed_runs_again_and_is_told_so() {
    let project = project(
        "#!/bin/sh\nread -r line\necho \"$line\" >>../noted\n[ -e ../well ] || exec sleep 1000\n",
        "  iteration_start: [{ command: [\"@HOOK@\"], timeout: 1h }]\n  session_start: [{ command: [\"@HOOK@\"], timeout: 1h }]\n",
    );
    let runner = project.start(&FOREGROUND);
    project.until("both hooks", || noted(&project).len() == 2);
    runner.kill_9();
    project.until("the hooks to be gone", || project.left_over().is_empty());
    project.program("well", "");
    project.ap(&RESUME).expect(0);
    let again = |event: &str| -> Vec<bool> {
        let all = noted(&project);
        let of_event = all.iter().filter(|it| it["event"] == event);
        of_event.map(|it| it["again"] == true).collect()
    };
    assert_eq!(again("iteration_start"), [false, true, false]);
    assert_eq!(again("session_start"), [false, true]);
    let ended = project.events("s", "hook_ended");
    assert_eq!(
        ended
            .iter()
            .map(|it| it["again"] == true)
            .collect::<Vec<_>>(),
        [true, false]
    );
    assert_eq!(
        project.events("s", "hook_started").len(),
        2,
        "recorded once"
    );
}

#[test]
fn a_stop_ends_a_hook_and_still_runs_those_of_the_end() {
    let project = project(
        "#!/bin/sh\nread -r line\necho \"$line\" >>../noted\n[ \"$AP_EVENT\" = session_end ] || exec sleep 1000\n",
        "  iteration_start: [{ command: [\"@HOOK@\"], timeout: 1h }]\n  session_end: [{ command: [\"@HOOK@\"], await: true }]\n",
    );
    let runner = project.start(&FOREGROUND);
    project.until("the hook", || noted(&project).len() == 1);
    project.ap(&["stop", "s"]).expect(0);
    assert_eq!(runner.ended(), 5);
    let events = noted(&project);
    assert_eq!(names(&events), ["iteration_start", "session_end"]);
    assert_eq!(events[1]["outcome"], "stopped");
    // The next session of the name is killed in a hook.
    let runner = project.start(&RESUME);
    project.until("the hook", || noted(&project).len() == 3);
    project.ap(&["kill", "s"]).expect(0);
    runner.ended();
    assert_eq!(project.status("s")["status"], "stopped");
    project.nothing_left();
}

#[test]
fn hooks_of_your_settings_run_in_every_session_and_dry_run_lists_them() {
    let project = project(NOTES, "  iteration_end: [{ command: [\"@HOOK@\"] }]\n");
    let hook = project.outside().join("hook.sh");
    project.write(
        "../ap home/config/config.yaml",
        &format!("hooks: {{ session_end: [{{ command: [\"{hook}\"], await: true }}] }}\n"),
    );
    project.ap(&["dry-run", "work"]).expect(0).says(&[
        "session_end",
        "hook.sh",
        "config.yaml",
        "iteration_end",
    ]);
    project.ap(&FOREGROUND).expect(0);
    assert_eq!(
        names(&noted(&project)),
        ["iteration_end", "iteration_end", "session_end"]
    );
    project.write(
        "../ap home/config/config.yaml",
        "hooks: { session_end: [{ comand: [x] }] }\n",
    );
    project
        .ap(&FOREGROUND)
        .expect(2)
        .says(&["unknown key `comand`", "did you mean `command`?"]);
}

#[test]
fn the_example_of_the_page_runs_as_it_is_written() {
    let page = include_str!("../../docs/hooks.md");
    let block = |language: &str| {
        let (_, rest) = page
            .split_once(&format!("```{language}\n"))
            .expect("a block");
        rest.split_once("```").expect("its end").0
    };
    let project = Project::new();
    project.write("ended.sh", block("sh"));
    let chmod = project.command("chmod").args(["+x", "ended.sh"]).status();
    assert!(chmod.expect("chmod runs").success());
    let yaml = format!(
        "termination: {{ type: fixed, iterations: 1 }}\n{}",
        block("yaml")
    );
    project.shell_loop("work", &yaml, WORKS);
    project.ap(&FOREGROUND).expect(0);
    let log = project.read("ended.log");
    assert!(log.starts_with("session_end: {\"again\":false,"), "{log}");
    assert!(log.contains("\"outcome\":\"complete\""), "{log}");
}
