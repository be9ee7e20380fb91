//! Sessions in a real tmux, on a server of their own.
use crate::project::{Project, Ran};
use agent_pipelines::exec::process::{identity, send};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::process::Stdio;

const TWICE: &str = "termination: { type: fixed, max: 2 }\n";
const QUICK: &str = "echo $n >>../started\necho '{\"decision\": \"continue\"}' >\"$status\"";
const UNTIL_TOLD: &str = "echo $n >>../started\nwhile [ ! -e ../go ]; do sleep 0.02; done\necho '{\"decision\": \"continue\"}' >\"$status\"";

fn project(script: &str) -> Project {
    let project = Project::new();
    project.shell_loop("work", TWICE, script);
    project
}

/// Starts a session whose first agent waits to be told.
fn started() -> Project {
    let project = project(UNTIL_TOLD);
    project.ap(&["work", "s"]).expect(0);
    project.until_event("s", "agent_started", 1);
    project
}

fn resume_to_the_end(project: &Project) {
    project.program("go", "");
    project.ap(&["work", "s", "--resume"]).expect(0);
    project.ap(&["wait", "s"]).expect(0);
    assert_eq!(project.history("s"), [1, 2]);
    project.nothing_left();
}

/// Fails the test unless the session ended like this with its window, and can be resumed.
fn check_ended_with_window(project: &Project, code: i32, ending: &Value) {
    project.ap(&["wait", "s"]).expect(code);
    let finished = project.events("s", "session_finished");
    assert_eq!(&finished[0]["ending"], ending);
    project.nothing_left();
    resume_to_the_end(project);
}

#[test]
fn a_session_has_a_window_that_stays_readable() {
    let project = project(UNTIL_TOLD);
    let ran = project.ap(&["work", "s"]).expect(0);
    ran.says(&[
        "Session 's' runs work in tmux",
        "ap attach s",
        "tmux -L tests attach -t pipeline-s",
    ]);
    let shown = project.tmux(&[
        "list-windows",
        "-t",
        "=pipeline-s",
        "-F",
        "#{window_name} #{pane_dead}",
    ]);
    assert_eq!(shown.stdout, "s 0\n");
    project
        .ap(&["work", "s"])
        .expect(3)
        .says(&["session 's' is already running"]);
    project.program("go", "");
    project
        .ap(&["wait", "s"])
        .expect(0)
        .says(&["complete: all 2 iterations ran"]);
    project.until("the pane to be dead", || {
        project
            .tmux(&["list-panes", "-t", "=pipeline-s", "-F", "#{pane_dead}"])
            .stdout
            == "1\n"
    });
    project
        .tmux(&["capture-pane", "-p", "-t", "=pipeline-s:"])
        .says(&["iteration 2/2", "complete"]);
    // A window that only shows an end is no obstacle, also when the server goes with it.
    for _ in 0..5 {
        project.ap(&["work", "s", "--force"]).expect(0);
        project.ap(&["wait", "s"]).expect(0);
    }
    assert_eq!(project.tmux_sessions(), ["pipeline-s"]);
    project.nothing_left();
}

#[test]
fn the_window_closes_with_the_session_when_asked_to() {
    let mut project = project(QUICK);
    project.set("AP_KEEP_WINDOW", "0");
    project.ap(&["work", "s"]).expect(0);
    project.ap(&["wait", "s"]).expect(0);
    project.until("the window to go", || project.tmux_sessions().is_empty());
}

#[test]
fn ap_log_writes_the_log_of_the_runner() {
    let mut project = project(QUICK);
    project.ap(&["work", "quiet"]).expect(0);
    project
        .set("AP_LOG", "debug")
        .set("ANTHROPIC_API_KEY", "sk-secret");
    let ran = project.ap(&["work", "s"]).expect(0);
    ran.says(&["new-session"]);
    for session in ["quiet", "s"] {
        project.ap(&["wait", session]).expect(0);
    }
    let log = project.read(&project.run_file("s", "ap.log"));
    assert!(
        log.contains("recorded event=IterationStarted") && log.contains("agent launched"),
        "{log}"
    );
    assert!(
        !(log + &ran.text()).contains("sk-secret"),
        "a key is logged"
    );
    assert!(
        !project
            .root()
            .join(project.run_file("quiet", "ap.log"))
            .exists(),
        "nothing was logged"
    );
}

#[test]
fn a_window_that_you_close_stops_the_session() {
    let project = started();
    // The server has another session, so it lives on.
    project
        .tmux(&["new-session", "-d", "-s", "mine", "sleep", "300"])
        .expect(0);
    project
        .tmux(&["kill-session", "-t", "=pipeline-s"])
        .expect(0);
    let stopped = serde_json::json!({ "kind": "stopped", "by": "the closed window" });
    check_ended_with_window(&project, 5, &stopped);
    assert_eq!(project.events("s", "stop_requested")[0]["by"], "person");
}

/// How a session ends whose window went with its server.
fn interrupted() -> Value {
    serde_json::json!({ "kind": "interrupted", "by": "the end of its tmux server" })
}

#[test]
fn a_window_closed_with_its_server_interrupts_the_session() {
    let project = started();
    project.tmux(&["kill-server"]).expect(0);
    check_ended_with_window(&project, 75, &interrupted());
    assert_eq!(project.events("s", "stop_requested")[0]["by"], "window");
}

#[test]
fn a_killed_server_interrupts_the_session() {
    let project = started();
    let server = project
        .tmux(&["display-message", "-p", "#{pid}"])
        .stdout
        .trim()
        .parse()
        .expect("a pid");
    assert!(send(
        &identity(server).expect("the server"),
        Signal::SIGKILL
    ));
    check_ended_with_window(&project, 75, &interrupted());
}

#[test]
fn ctrl_c_in_a_window_asks_first_and_a_signal_does_not() {
    let project = started();
    let shows = |what: &str| {
        project.until(what, || {
            let shown = project.tmux(&["capture-pane", "-p", "-t", "=pipeline-s:"]);
            shown.stdout.contains(what)
        });
    };
    shows("Ctrl-b d leaves · Ctrl-C twice stops");
    let ctrl_c = || {
        project
            .tmux(&["send-keys", "-t", "=pipeline-s:", "C-c"])
            .expect(0)
    };
    ctrl_c();
    shows("Ctrl-C again within 5 s stops the session; Ctrl-b d leaves it running");
    assert_eq!(project.events("s", "stop_requested").len(), 0);
    assert_eq!(project.status("s")["alive"], true);
    ctrl_c();
    project.ap(&["wait", "s"]).expect(5);
    let asked = &project.events("s", "stop_requested")[0];
    assert_eq!(
        (&asked["by"], &asked["how"]),
        (&"person".into(), &"Ctrl-C".into())
    );
    resume_to_the_end(&project);
    let project = started();
    let runner = project.status("s")["runner"]["pid"]
        .as_i64()
        .expect("a pid");
    let runner = i32::try_from(runner).expect("a pid");
    assert!(send(&identity(runner).expect("it lives"), Signal::SIGTERM));
    project.ap(&["wait", "s"]).expect(75);
    assert_eq!(project.events("s", "stop_requested")[0]["by"], "signal");
}

#[test]
fn stop_leaves_the_window_and_kill_does_not() {
    let project = started();
    project.ap(&["stop", "s"]).expect(0);
    assert_eq!(project.tmux_sessions(), ["pipeline-s"]);
    project
        .tmux(&["capture-pane", "-p", "-t", "=pipeline-s:"])
        .says(&["Stopped by: ap stop"]);
    project.ap(&["work", "s", "--resume"]).expect(0);
    project.ap(&["kill", "s"]).expect(0);
    assert!(project.tmux_sessions().is_empty());
    project.nothing_left();
    resume_to_the_end(&project);
}

#[test]
fn folders_with_unusual_names_work() {
    for name in [
        "it's a \"ü\" $(touch pwned) `touch pwned`",
        "#{pid} #(touch pwned) #S",
        "ends with;",
        "-x",
        "%1 =a:b.c",
        "#,}",
    ] {
        let project = Project::named(name);
        project.shell_loop("work", TWICE, QUICK);
        project.ap(&["work", "s"]).expect(0);
        project.ap(&["wait", "s"]).expect(0);
        assert_eq!(project.history("s"), [1, 2], "{name}");
        let cwd = project
            .tmux(&["list-panes", "-a", "-F", "#{pane_start_path}"])
            .stdout;
        assert_eq!(cwd.trim_end_matches('\n'), project.root().as_str());
        // Found again by the mark, which holds the path too.
        project.ap(&["work", "s", "--force"]).expect(0);
        project.ap(&["wait", "s"]).expect(0);
        assert!(
            !project.root().join("pwned").exists() && !project.outside().join("pwned").exists(),
            "{name}"
        );
    }
}

#[test]
fn an_empty_environment_is_enough() {
    let mut project = project(QUICK);
    for name in [
        "HOME",
        "XDG_CONFIG_HOME",
        "XDG_STATE_HOME",
        "TMPDIR",
        "LANG",
        "LC_ALL",
        "NO_COLOR",
        "TERM",
    ] {
        project.unset(name);
    }
    for flags in [&["work", "s"][..], &["work", "s", "--force"]] {
        project.ap(flags).expect(0);
        project.ap(&["wait", "s"]).expect(0);
        project.nothing_left();
    }
}

#[test]
fn a_long_temporary_folder_works() {
    let mut project = project(QUICK);
    let long = project.outside().join("x".repeat(120));
    fs_err::create_dir_all(&long).expect("a folder");
    project.set("TMPDIR", &long);
    project.ap(&["work", "s"]).expect(0);
    project.ap(&["wait", "s"]).expect(0);
}

#[test]
fn inside_tmux_the_session_starts_on_the_same_server() {
    let mut project = project(UNTIL_TOLD);
    project
        .tmux(&["new-session", "-d", "-s", "mine", "sleep", "300"])
        .expect(0);
    let around = project
        .tmux(&["display-message", "-p", "#{socket_path},#{pid},0"])
        .stdout;
    let socket = project.var("AP_TMUX_SOCKET").to_owned();
    project.set("TMUX", around.trim()).set("AP_TMUX_SOCKET", "");
    project
        .ap(&["work", "s"])
        .expect(0)
        .says(&["(tmux attach -t pipeline-s)"]);
    project.program("go", "");
    project.ap(&["wait", "s"]).expect(0);
    project.unset("TMUX").set("AP_TMUX_SOCKET", socket);
    assert_eq!(project.tmux_sessions(), ["mine", "pipeline-s"]);
}

#[test]
fn every_flag_and_variable_reaches_the_runner() {
    let mut project = Project::new();
    project
        .tmux(&["new-session", "-d", "-s", "older", "sleep", "300"])
        .expect(0);
    let script =
        "printf %s \"$VALUE\" >../value; printf %s \"$ANTHROPIC_API_KEY\" >../key; pwd >../cwd\n";
    project.shell_loop("work", TWICE, &format!("{script}{QUICK}"));
    let prompt = "${ITERATION}\n${STATUS}\n${CONTEXT}\n";
    project
        .write(".claude/loops/work/prompt.md", prompt)
        .write("input.md", "an input");
    let value = "it's \"quoted\" $HOME `x` ü\nand a second line;";
    project
        .set("VALUE", value)
        .set("ANTHROPIC_API_KEY", "a dummy");
    let context = "context's \"own\" $words;";
    let flags = [
        "--context",
        context,
        "--input",
        "input.md",
        "--model",
        "some-model",
        "--permissions",
        "plan",
        "--keep-env",
    ];
    let mut args = vec!["work", "s", "1"];
    args.extend(flags);
    project.ap(&args).expect(0);
    project.ap(&["wait", "s"]).expect(0);
    let outside =
        |name: &str| fs_err::read_to_string(project.outside().join(name)).expect("it was written");
    assert_eq!(
        (outside("value").as_str(), outside("key").as_str()),
        (value, "a dummy")
    );
    assert_eq!(outside("cwd").trim_end(), project.root().as_str());
    assert!(
        project
            .read(&project.run_file("s", "stage-00-work/iterations/001/prompt.md"))
            .contains(context)
    );
    let plan: Value =
        serde_json::from_str(&project.read(&project.run_file("s", "plan.json"))).expect("a plan");
    let node = &plan["steps"][0];
    assert_eq!(
        (&node["max_iterations"], &node["agent"]["model"]),
        (&1.into(), &"some-model".into())
    );
    assert_eq!(
        (&node["agent"]["permissions"], &node["agent"]["keep_env"]),
        (&"plan".into(), &true.into())
    );
    assert!(plan["inputs"].to_string().contains("input.md"), "{plan}");
    // No process has a secret in its arguments.
    assert!(
        !project
            .tmux(&["list-panes", "-a", "-F", "#{pane_start_command}"])
            .stdout
            .contains("dummy")
    );
}

#[test]
fn a_failed_start_leaves_no_window() {
    let project = project(QUICK);
    project.a_loop("broken", "terminaton: { type: fixed }\n", "x\n");
    project
        .ap(&["broken", "s"])
        .expect(2)
        .says(&["loop.yaml:3:1", "terminaton"]);
    project.a_loop(
        "absent",
        &format!("{TWICE}provider: command\nprogram: no-such-program\n"),
        "x\n",
    );
    project
        .ap(&["absent", "s"])
        .expect(2)
        .says(&["no-such-program"]);
    project
        .ap(&["work", "s", "--resume"])
        .expect(2)
        .says(&["there is no session 's' to resume"]);
    project.write(&project.run_file("s", "events.jsonl"), "nonsense\n");
    project
        .ap(&["work", "s"])
        .expect(1)
        .says(&["events.jsonl:1", "the journal is damaged"]);
    assert!(project.tmux_sessions().is_empty());
    project.nothing_left();
}

#[test]
fn a_crashed_session_is_not_restarted_silently() {
    let project = started();
    let runner = project.status("s")["runner"]["pid"]
        .as_i64()
        .and_then(|pid| i32::try_from(pid).ok())
        .expect("a runner");
    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(runner),
        nix::sys::signal::Signal::SIGKILL,
    )
    .expect("it lives");
    project.until("its end", || project.status("s")["status"] == "crashed");
    project
        .ap(&["work", "s"])
        .expect(1)
        .says(&["Session 's' failed at iteration 1/2", "ap work s --resume"]);
    resume_to_the_end(&project);
    project
        .ap(&["work", "s"])
        .expect(0)
        .says(&["Session 's' is already complete"]);
}

#[test]
fn one_of_many_concurrent_starts_gets_a_window() {
    let project = project(UNTIL_TOLD);
    let start = |_| {
        let mut command = project.ap_command(&["work", "s"]);
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("ap starts")
    };
    let starts: Vec<_> = (0..60).map(start).collect();
    let ran: Vec<Ran> = starts
        .into_iter()
        .map(|child| child.wait_with_output().expect("it ends").into())
        .collect();
    let count = |code: i32| ran.iter().filter(|ran| ran.code == code).count();
    assert_eq!(
        (count(0), count(3)),
        (1, 59),
        "{:?}",
        ran.iter().find(|ran| ran.code != 3)
    );
    assert_eq!(project.tmux_sessions(), ["pipeline-s"]);
    project.program("go", "");
    project.ap(&["wait", "s"]).expect(0);
    assert_eq!(project.events("s", "session_started").len(), 1);
    project.nothing_left();
}

#[test]
fn a_start_without_tmux_suggests_foreground() {
    let mut project = project("echo '{\"decision\": \"continue\"}' >\"$status\"");
    let empty = project.outside().join("empty");
    fs_err::create_dir_all(&empty).expect("a folder");
    // The agent's shell knows where its `cat` is.
    project.program("empty/cat", "#!/bin/sh\nwhile read -r line; do :; done\n");
    project.set("PATH", &empty);
    project
        .ap(&["work", "s"])
        .expect(2)
        .says(&["tmux is not installed", "--foreground"]);
    project.ap(&["work", "s", "--foreground"]).expect(0);
}
