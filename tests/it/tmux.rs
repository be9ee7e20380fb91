//! Sessions in a real tmux, on a server of their own.
mod starts;

use crate::project::Project;
use agent_pipelines::exec::process::{identity, send};
use nix::sys::signal::Signal;
use serde_json::Value;

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
