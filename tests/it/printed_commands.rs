//! Every command that `ap` prints about a session can be run as it stands.
use crate::project::{AP, Project, Ran};
use camino::Utf8Path;

/// One task at a time, and never a vote to stop.
const CONTINUES: &str = r#"echo '{"decision":"continue"}' >"$status""#;
const JUDGED: &str = "termination: {type: judgment, consensus: 2}\n";

/// Returns the commands in a text: those in backticks, and lines of their own.
fn commands(text: &str) -> Vec<String> {
    let quoted = text.split('`').skip(1).step_by(2);
    let lines = text
        .lines()
        .map(|line| line.trim_start_matches(['│', ' ']).trim());
    let mut found: Vec<String> = quoted
        .chain(lines)
        .filter(|text| text.starts_with("ap "))
        .map(|text| text.split("  ").next().unwrap_or(text).to_owned())
        .collect();
    found.dedup();
    found
}

/// Runs a printed command with a shell. A window cannot be shown here, so `ap attach` is only parsed.
#[track_caller]
fn run(project: &Project, line: &str) -> Ran {
    let words = agent_pipelines::text::shell_words(line);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    agent_pipelines::cli::check(&words)
        .unwrap_or_else(|error| panic!("`{line}` is refused: {error}"));
    let line = match words.get(1) {
        Some(&"attach") => "true",
        _ => line,
    };
    let folder = Utf8Path::new(AP).parent().expect("a folder");
    let path = format!("{folder}:{}", project.var("PATH"));
    let output = project
        .command("bash")
        .args(["-c", line])
        .env("PATH", path)
        .output();
    Ran::from(output.expect("bash runs"))
}

/// Runs every command that these calls of `ap` print, each of them as often as it is printed.
#[track_caller]
fn run_all(project: &Project, session: &str, printed_by: &[&[&str]]) {
    let mut ran = 0;
    for call in printed_by {
        for line in commands(&project.ap(call).text()) {
            let done = run(project, &line);
            // A session that reaches its next limit while its start still watches is reported so.
            let ended_again = done.code == 4 && line.contains("--resume");
            assert!(
                done.code == 0 || ended_again,
                "`{line}` of {call:?}\n{}",
                done.text()
            );
            ran += 1;
            project.ap(&["wait", session, "--timeout", "20"]);
        }
    }
    assert!(0 < ran, "{session}: nothing is printed");
}

#[test]
fn the_maximum_given_on_resume_stays() {
    let project = Project::new();
    project.shell_loop(
        "work",
        JUDGED,
        &format!("[ $n != 4 ] || sleep 60\n{CONTINUES}"),
    );
    project.ap(&["work", "s", "2", "--foreground"]).expect(4);
    let runner = project.start(&["work", "s", "6", "--resume", "--foreground"]);
    project.until_event("s", "iteration_started", 4);
    runner.kill_9();
    project
        .ap(&["status", "s"])
        .expect(0)
        .says(&["ap work s 6 --resume"]);
    let status = project.status("s");
    assert_eq!(status["max_iterations"], 6);
    assert_eq!(
        status["resume_command"],
        serde_json::json!(["ap", "work", "s", "6", "--resume"])
    );
    // The last agent is not needed any more.
    project.ap(&["kill", "s"]).expect(0);
    project.shell_loop("work", JUDGED, CONTINUES);
    run(&project, "ap work s 6 --resume").expect(0);
    project.ap(&["wait", "s"]).expect(4);
    assert_eq!(project.history("s").len(), 6);
}

#[test]
fn a_complete_session_keeps_the_maximum_given_on_resume() {
    let project = Project::new();
    project.shell_loop(
        "work",
        JUDGED,
        r#"[ $n -lt 3 ] && v=continue || v=stop; echo "{\"decision\":\"$v\"}" >"$status""#,
    );
    project.ap(&["work", "s", "2", "--foreground"]).expect(4);
    project
        .ap(&["work", "s", "25", "--resume", "--foreground"])
        .expect(0);
    assert_eq!(project.status("s")["max_iterations"], 25);
    let list: serde_json::Value =
        serde_json::from_str(&project.ap(&["list", "--json"]).expect(0).stdout).expect("JSON");
    assert_eq!(list[0]["max_iterations"], 25);
    let state: serde_json::Value =
        serde_json::from_str(&project.read(&project.run_file("s", "state.json"))).expect("JSON");
    assert_eq!(state["max_iterations"], 25);
    for verb in ["pause", "continue", "stop"] {
        project
            .ap(&[verb, "s"])
            .expect(1)
            .says(&["its status is completed", "ap work s 25 --force"]);
    }
    run_all(&project, "s", &[&["pause", "s"], &["work", "s"]]);
}

#[test]
fn commands_printed_at_a_limit_run() {
    let project = Project::new();
    project.shell_loop("work", JUDGED, CONTINUES);
    project.ap(&["work", "s", "1", "--foreground"]).expect(4);
    run_all(
        &project,
        "s",
        &[
            &["status", "s"],
            &["work", "s"],
            &["pause", "s"],
            &["stop", "s"],
        ],
    );
    let script = "pause_ms: 0\niterations: [{cost_usd: 3, status: {decision: continue}}]\n";
    project.scripted_loop("dear", JUDGED, script);
    project
        .ap(&["dear", "d", "--max-cost", "1", "--foreground"])
        .expect(4);
    run_all(&project, "d", &[&["status", "d"], &["dear", "d"]]);
}

#[test]
fn commands_printed_after_a_failure_a_stop_and_a_crash_run() {
    let project = Project::new();
    let waits = format!("while [ ! -e ../go ]; do sleep 0.02; done\n{CONTINUES}");
    project.shell_loop("work", "termination: {type: fixed, max: 2}\n", &waits);
    // Its path has a space, and another one has the name of a command.
    let yaml = project.read(".claude/loops/work/loop.yaml");
    for (folder, name) in [("my loops/mine", "mine"), (".claude/loops/list", "list")] {
        project.write(
            &format!("{folder}/loop.yaml"),
            &yaml.replace("name: work", &format!("name: {name}")),
        );
        project.write(&format!("{folder}/prompt.md"), "${ITERATION}\n${STATUS}\n");
    }
    for (session, start) in [
        ("a", &["work", "a", "2"][..]),
        ("b", &["loop", "list", "b"]),
        ("7", &["my loops/mine", "7", "2"]),
    ] {
        let _ = fs_err::remove_file(project.outside().join("go"));
        let runner = project.start(&[start, &["--foreground"]].concat());
        project.until_event(session, "agent_started", 1);
        // While it runs, a second start names what can be done.
        for line in commands(&project.ap(start).expect(3).text()) {
            assert!(
                line.starts_with("ap attach") || line.starts_with("ap stop"),
                "{line}"
            );
        }
        runner.kill_9();
        let printed = commands(&project.ap(&["status", session]).text());
        assert_eq!(printed.len(), 1, "{printed:?}");
        run(&project, &printed[0]).expect(0);
        let stopped = commands(&project.ap(&["stop", session]).expect(0).text());
        assert_eq!(stopped, printed);
        run(&project, &stopped[0]).expect(0);
        let killed = commands(&project.ap(&["kill", session]).expect(0).text());
        assert_eq!(killed, printed);
        project.program("go", "");
        run_all(&project, session, &[&["status", session]]);
        project.ap(&["wait", session]).expect(0);
    }
}
