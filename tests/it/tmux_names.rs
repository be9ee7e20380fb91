//! Session names belong to projects: one tmux server shows the sessions of several.
use crate::project::Project;
use agent_pipelines::store::atomic;

const TWICE: &str = "termination: { type: fixed, max: 2 }\n";
const QUICK: &str = "echo '{\"decision\": \"continue\"}' >\"$status\"";
const UNTIL_TOLD: &str =
    "while [ ! -e ../go ]; do sleep 0.02; done\necho '{\"decision\": \"continue\"}' >\"$status\"";

/// Makes two projects that share a tmux server.
fn two_projects(script: &str) -> (Project, Project) {
    let (first, mut second) = (Project::new(), Project::new());
    second.set("TMUX_TMPDIR", first.outside());
    for project in [&first, &second] {
        project.shell_loop("work", TWICE, script);
    }
    (first, second)
}

/// Returns the name with the letters of its project.
fn name_of_project(project: &Project) -> String {
    let fingerprint = agent_pipelines::fingerprint::fingerprint(project.root().as_str());
    format!("pipeline-s-{}", &fingerprint[..6])
}

#[test]
fn a_finished_session_of_another_project_loses_its_tmux_name() {
    let (first, second) = two_projects(QUICK);
    for project in [&first, &second] {
        project.ap(&["work", "s"]).expect(0);
        project.ap(&["wait", "s"]).expect(0);
        first.until("the pane to be dead", || {
            first
                .tmux(&["list-panes", "-a", "-F", "#{session_name} #{pane_dead}"])
                .stdout
                == "pipeline-s 1\n"
        });
    }
    // Started over, each has the usual name again.
    first.ap(&["work", "s", "--force"]).expect(0);
    assert_eq!(first.tmux_sessions(), ["pipeline-s"]);
    first.ap(&["wait", "s"]).expect(0);
}

#[test]
fn a_living_session_of_another_project_keeps_its_name() {
    let (first, second) = two_projects(UNTIL_TOLD);
    first.ap(&["work", "s"]).expect(0);
    first.until_event("s", "agent_started", 1);
    let name = name_of_project(&second);
    let attach = format!("tmux -L tests attach -t {name}");
    let started = second.ap(&["work", "s"]).expect(0);
    started.says(&[&attach, "`pipeline-s` belongs to", first.root().as_str()]);
    second.until_event("s", "agent_started", 1);
    assert_eq!(first.tmux_sessions(), ["pipeline-s", name.as_str()]);
    second.ap(&["status", "s"]).expect(0).says(&[&attach]);
    assert_eq!(second.status("s")["tmux_session"], name);
    assert_eq!(first.status("s")["tmux_session"], "pipeline-s");
    for project in [&first, &second] {
        project
            .ap(&["work", "s"])
            .expect(3)
            .says(&["session 's' is already running"]);
    }
    // What ends one of them leaves the other alone.
    second.ap(&["kill", "s"]).expect(0);
    assert_eq!(first.tmux_sessions(), ["pipeline-s"]);
    second.ap(&["work", "s", "--resume"]).expect(0);
    second.program("go", "");
    second.ap(&["wait", "s"]).expect(0);
    assert_eq!(first.status("s")["alive"], true);
    first.program("go", "");
    first.ap(&["wait", "s"]).expect(0);
    second.ap(&["cleanup"]).expect(0).says(&["closed"]);
    assert_eq!(first.tmux_sessions(), ["pipeline-s"]);
}

#[test]
fn a_resume_beside_a_stray_tmux_session_names_what_to_close() {
    let project = Project::new();
    let script = format!("while [ $n = 2 ] && [ ! -e ../go ]; do sleep 0.02; done\n{QUICK}");
    project.shell_loop("work", "termination: { type: judgment }\n", &script);
    project.ap(&["work", "s", "1", "--foreground"]).expect(4);
    let stray = |name: &str| {
        project
            .tmux(&["new-session", "-d", "-s", name, "sleep", "300"])
            .expect(0);
    };
    stray("pipeline-s");
    let name = name_of_project(&project);
    project
        .ap(&["work", "s", "2", "--resume"])
        .expect(0)
        .says(&[
            &name,
            "tmux -L tests kill-session -t '=pipeline-s'",
            "--foreground",
        ]);
    project.program("go", "");
    project.ap(&["wait", "s"]).expect(4);
    project.ap(&["cleanup"]).expect(0);
    stray(&name);
    for flags in [&["--resume"][..], &["--force"]] {
        let start = [&["work", "s", "3"], flags].concat();
        project.ap(&start).expect(1).says(&[
            "it was not started by ap",
            "tmux -L tests kill-session -t '=pipeline-s'",
            "--foreground",
        ]);
    }
    assert_eq!(project.tmux_sessions(), ["pipeline-s", name.as_str()]);
    assert_eq!(project.history("s"), [1, 2], "nothing was started over");
    project
        .ap(&["work", "s", "3", "--resume", "--foreground"])
        .expect(4);
}

#[test]
fn options_of_tmux_conf_do_not_apply_to_sessions() {
    let project = Project::new();
    project.shell_loop("work", TWICE, UNTIL_TOLD);
    let conf = project.outside().join("home/.tmux.conf");
    let options = "set -g destroy-unattached on\nset -g history-limit 10\nset -g base-index 1\nset -g pane-base-index 1\nset -g remain-on-exit off\nset -g automatic-rename on\n";
    atomic::replace(&conf, options.as_bytes()).expect("a file");
    project.ap(&["work", "s"]).expect(0);
    project.until_event("s", "agent_started", 1);
    let shown = project.tmux(&[
        "list-panes",
        "-a",
        "-F",
        "#{session_name} #{window_index} #{window_name} #{history_limit} #{status-left-length}",
    ]);
    assert_eq!(shown.stdout, "pipeline-s 1 s 50000 80\n");
    project.program("go", "");
    project.ap(&["wait", "s"]).expect(0);
    // The runner writes it itself: now and then tmux 3.3 misses the exit and writes nothing.
    let shown = project.tmux(&["capture-pane", "-p", "-J", "-t", "=pipeline-s:"]);
    shown.says(&["This session has ended. Ctrl-b d leaves, Ctrl-b & closes the window"]);
    // What tmux writes below the last line of a runner that was killed.
    let shown = project.tmux(&[
        "show-options",
        "-wv",
        "-t",
        "=pipeline-s:",
        "remain-on-exit-format",
    ]);
    shown.says(&["The runner was killed"]);
}
