//! Starts of sessions in tmux: which server, what reaches the runner, and what a failed start leaves.
use super::{QUICK, TWICE, UNTIL_TOLD, project, resume_to_the_end, started};
use crate::project::{Project, Ran};
use serde_json::Value;
use std::process::Stdio;

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
