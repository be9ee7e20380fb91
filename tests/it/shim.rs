//! Real agents and real signals: what an agent may do, what may happen to it, and that nothing of it is ever left.
#[cfg(target_os = "linux")]
mod orphans;

use crate::project::{AP, Project, Ran, Running};
use agent_pipelines::exec::process::{identity, send};
use camino::Utf8Path;
use nix::sys::signal::Signal;
use serde_json::Value;

/// Leaves children behind: in the group, in sessions of their own, orphaned twice over, without a trace in the environment.
const CHILDREN: &str = r#"
pids=../pids
sleep 300 & echo $! >>"$pids"
setsid sleep 300 & echo $! >>"$pids"
( ( setsid sleep 300 & echo $! >>../pids ) & )
setsid sh -c 'trap "" INT TERM HUP; echo $$ >>../pids; while :; do sleep 1; done' &
env -i setsid sh -c 'echo $$ >>../pids; exec sleep 300' &
while [ "$(wc -l <"$pids")" -lt 5 ]; do sleep 0.01; done
"#;
const DONE: &str = r#"echo '{"decision": "continue"}' >"$status""#;
const ONCE: &str = "termination: { type: fixed, max: 1 }\n";
const FOREGROUND: [&str; 3] = ["work", "s", "--foreground"];

fn fails_at_first_try(project: &Project, limits: &str, script: &str) -> Value {
    project.shell_loop(
        "work",
        &format!("{ONCE}retries: 0\nlimits: {limits}\n"),
        script,
    );
    project.ap(&FOREGROUND).expect(1);
    project.nothing_left();
    project.events("s", "agent_exited")[0]["outcome"].clone()
}

/// Fails the test unless every process an agent noted is gone.
#[track_caller]
fn all_gone(project: &Project) {
    let noted = pids(project);
    assert_eq!(noted.len(), 5);
    project.until("the agent's children to be gone", || {
        noted.iter().all(|pid| identity(*pid).is_none())
    });
}

fn pids(project: &Project) -> Vec<i32> {
    noted(&project.outside().join("pids"))
}

fn noted(path: &Utf8Path) -> Vec<i32> {
    fs_err::read_to_string(path)
        .unwrap_or_default()
        .lines()
        .filter_map(|line| line.trim().parse().ok())
        .collect()
}

/// Starts a session whose agent notes its pid in `agents` and does what the script says; waits until it does.
fn start(project: &Project, yaml: &str, script: &str) -> Running {
    project.shell_loop("work", yaml, &format!("echo $$ >>../agents\n{script}"));
    let runner = project.start(&FOREGROUND);
    project.until_event("s", "agent_started", 1);
    project.until("an agent", || !agents(project).is_empty());
    runner
}

fn agents(project: &Project) -> Vec<i32> {
    noted(&project.outside().join("agents"))
}

/// Returns the shim of the attempt that began last.
fn shim(project: &Project) -> i32 {
    let started = project.events("s", "agent_started");
    started
        .last()
        .and_then(|event| event["shim"]["pid"].as_i64())
        .and_then(|pid| pid.try_into().ok())
        .expect("a shim")
}

fn kill_9(pid: i32) {
    assert!(send(&identity(pid).expect("it lives"), Signal::SIGKILL));
}

/// Waits for a file that lets the agent continue.
const UNTIL_TOLD: &str = "while [ ! -e ../go ]; do sleep 0.02; done\n";

fn tell(project: &Project) {
    project.program("go", "");
}

/// Runs a session with this `ap`, and returns the command line of its agent's shim.
fn shim_command(project: &Project, ap: &Utf8Path) -> String {
    let script = format!("tr '\\0' ' ' <\"/proc/$PPID/cmdline\" >../shim\n{DONE}");
    project.shell_loop("work", ONCE, &script);
    let ran: Ran = project
        .command(ap.as_str())
        .args(FOREGROUND)
        .output()
        .expect("ap runs")
        .into();
    ran.expect(0);
    project.nothing_left();
    fs_err::read_to_string(project.outside().join("shim")).expect("a command line")
}

#[test]
fn the_shim_is_a_program_of_its_own() {
    let project = Project::new();
    let shim = shim_command(&project, Utf8Path::new(AP));
    assert!(shim.starts_with(env!("CARGO_BIN_EXE_ap-shim")), "{shim}");
}

#[test]
fn ap_is_the_shim_where_ap_shim_is_missing() {
    let project = Project::new();
    let ap = project.outside().join("ap");
    if fs_err::hard_link(AP, &ap).is_err() {
        fs_err::copy(AP, &ap).expect("a copy");
    }
    assert_eq!(
        shim_command(&project, &ap).trim_end(),
        format!("{ap} __shim")
    );
}

#[test]
fn a_shim_of_another_version_runs_ap_as_the_shim() {
    let project = Project::new();
    let ap = project.program("ap", "#!/bin/sh\necho called as \"$@\"\n");
    let shim = project
        .command(env!("CARGO_BIN_EXE_ap-shim"))
        .args(["0", ap.as_str()])
        .output();
    let ran: Ran = shim.expect("the shim runs").into();
    ran.expect(0).says(&["called as __shim"]);
}

#[test]
fn limits_apply_to_an_agent_that_does_not_read_its_prompt() {
    let project = Project::new();
    let agent = project.program("deaf", "#!/bin/sh\nsleep 300\n");
    let yaml = format!(
        "{ONCE}retries: 0\nprovider: command\nprogram: \"{agent}\"\nlimits: {{ wall: 1s }}\n"
    );
    project.a_loop("work", &yaml, &"more than a pipe holds\n".repeat(10_000));
    project.ap(&FOREGROUND).expect(1);
    let outcome = &project.events("s", "agent_exited")[0]["outcome"];
    assert_eq!(
        (&outcome["kind"], &outcome["limit"]),
        (&"timed_out".into(), &"wall".into())
    );
    project.nothing_left();
}

#[test]
fn standard_error_has_a_file_only_if_something_was_written_to_it() {
    let project = Project::new();
    let script = format!("[ $n = 1 ] || echo trouble >&2\n{DONE}");
    project.shell_loop("work", "termination: { type: fixed, max: 2 }\n", &script);
    project.ap(&FOREGROUND).expect(0);
    let stderr = |n| project.run_file("s", &format!("stage-00-work/iterations/00{n}/stderr.log"));
    assert!(!project.root().join(stderr(1)).exists());
    assert_eq!(project.read(&stderr(2)), "trouble\n");
}

#[test]
fn children_are_gone_after_a_good_end() {
    let project = Project::new();
    project.shell_loop("work", ONCE, &format!("{CHILDREN}{DONE}"));
    project.ap(&FOREGROUND).expect(0);
    all_gone(&project);
    project.nothing_left();
    let exit: Value = serde_json::from_str(
        &project.read(&project.run_file("s", "stage-00-work/iterations/001/exit.json")),
    )
    .expect("exit.json");
    assert!(5 <= exit["swept"].as_u64().expect("a number"), "{exit}");
}

#[test]
fn children_are_gone_after_a_stop() {
    let project = Project::new();
    let runner = start(&project, ONCE, &format!("{CHILDREN}sleep 300"));
    project.until("the children", || pids(&project).len() == 5);
    project.ap(&["stop", "s"]).expect(0);
    assert_eq!(runner.ended(), 5);
    all_gone(&project);
    project.nothing_left();
    assert_eq!(project.status("s")["status"], "stopped");
}

#[test]
fn children_are_gone_after_a_time_limit() {
    let project = Project::new();
    let outcome = fails_at_first_try(&project, "{ wall: 1s }", &format!("{CHILDREN}sleep 300"));
    assert_eq!(
        (&outcome["kind"], &outcome["limit"]),
        (&"timed_out".into(), &"wall".into())
    );
    all_gone(&project);
}

#[test]
fn an_agent_that_ignores_signals_is_killed() {
    let project = Project::new();
    let runner = start(
        &project,
        ONCE,
        "trap '' INT TERM HUP QUIT; while :; do sleep 1; done",
    );
    project.ap(&["stop", "s"]).expect(0);
    assert_eq!(runner.ended(), 5);
    assert!(identity(agents(&project)[0]).is_none());
    project.nothing_left();
}

#[test]
fn an_agent_without_output_is_ended_after_the_idle_timeout() {
    let project = Project::new();
    let outcome = fails_at_first_try(&project, "{ idle: 1s }", "sleep 300");
    assert_eq!(
        (&outcome["kind"], &outcome["limit"]),
        (&"timed_out".into(), &"idle".into())
    );
}

#[test]
fn an_agent_that_keeps_printing_is_not_idle() {
    let project = Project::new();
    project.shell_loop(
        "work",
        &format!("{ONCE}limits: {{ idle: 3s }}\n"),
        &format!("for i in 1 2 3 4 5 6 7 8 9; do echo $i; sleep 0.5; done\n{DONE}"),
    );
    project.ap(&FOREGROUND).expect(0);
}

#[test]
fn an_agent_that_stays_after_its_result_has_succeeded() {
    let project = Project::new();
    let agent = project.program(
        "claude",
        "#!/bin/sh\nstatus=$(sed -n 's/^STATUS //p')\necho '{\"decision\": \"continue\"}' >\"$status\"\n\
         echo '{\"type\": \"result\", \"subtype\": \"success\", \"is_error\": false, \"result\": \"done\"}'\n\
         trap 'exit 0' INT; while :; do sleep 0.1; done\n",
    );
    let yaml =
        format!("{ONCE}provider: claude\nprogram: \"{agent}\"\nlimits: {{ after_result: 1s }}\n");
    project.a_loop("work", &yaml, "STATUS ${STATUS}\n");
    project.ap(&FOREGROUND).expect(0);
    assert_eq!(
        project.events("s", "agent_exited")[0]["outcome"]["kind"],
        "reported"
    );
    project.nothing_left();
}

#[test]
fn an_agent_outlives_its_runner_and_is_adopted() {
    let project = Project::new();
    start(&project, ONCE, &format!("{UNTIL_TOLD}{DONE}")).kill_9();
    let status = project.status("s");
    assert_eq!(
        (&status["status"], &status["alive"]),
        (&"crashed".into(), &false.into())
    );
    let agent = agents(&project)[0];
    assert!(identity(agent).is_some(), "the agent died with its runner");
    project.ap(&["status", "s"]).expect(0).says(&[
        "Session 's' failed at iteration 1/1",
        "Last successful iteration: 0",
        "Run with --resume to continue from iteration 1:",
        "ap work s --resume",
    ]);
    // Not without being asked.
    project
        .ap(&FOREGROUND)
        .expect(1)
        .says(&["Session 's' failed at iteration 1/1", "--resume"]);
    let resumed = project.start(&["work", "s", "--foreground", "--resume"]);
    project.until_event("s", "runner_started", 2);
    tell(&project);
    assert_eq!(resumed.ended(), 0);
    assert_eq!(agents(&project), [agent], "it was started again");
    assert_eq!(project.history("s"), [1]);
    project.nothing_left();
}

#[test]
fn a_stop_reaches_an_adopted_agent() {
    let project = Project::new();
    start(&project, ONCE, "sleep 300").kill_9();
    let resumed = project.start(&["work", "s", "--foreground", "--resume"]);
    project.until_event("s", "runner_started", 2);
    project.ap(&["stop", "s"]).expect(0);
    assert_eq!(resumed.ended(), 5);
    project.nothing_left();
    assert!(identity(agents(&project)[0]).is_none());
}

#[test]
fn an_agent_that_ended_meanwhile_is_counted_once() {
    let project = Project::new();
    start(&project, ONCE, &format!("{UNTIL_TOLD}{DONE}")).kill_9();
    tell(&project);
    let exit = project.run_file("s", "stage-00-work/iterations/001/exit.json");
    project.until("the shim to write down the end", || {
        !project.read(&exit).is_empty()
    });
    project
        .ap(&["work", "s", "--foreground", "--resume"])
        .expect(0);
    assert_eq!((agents(&project).len(), project.history("s")), (1, vec![1]));
    project.nothing_left();
}

#[test]
fn an_agent_whose_shim_died_is_ended_and_retried() {
    let project = Project::new();
    let runner = start(
        &project,
        ONCE,
        &format!("[ $attempt != 1 ] || setsid sleep 300 &\n[ $attempt != 1 ] || sleep 300\n{DONE}"),
    );
    kill_9(shim(&project));
    assert_eq!(runner.ended(), 0);
    let exits = project.events("s", "agent_exited");
    assert_eq!(
        (&exits[0]["outcome"]["kind"], &exits[1]["outcome"]["kind"]),
        (&"lost".into(), &"reported".into())
    );
    assert_eq!((agents(&project).len(), project.history("s")), (2, vec![1]));
    project.nothing_left();
}

#[test]
fn runner_shim_and_agent_may_be_killed_at_once() {
    let project = Project::new();
    let runner = start(
        &project,
        ONCE,
        &format!("[ $attempt != 1 ] || sleep 300\n{DONE}"),
    );
    let (shim, agent) = (shim(&project), agents(&project)[0]);
    runner.kill_9();
    kill_9(shim);
    // A shim whose guard is gone may have been faster.
    if let Some(agent) = identity(agent) {
        send(&agent, Signal::SIGKILL);
    }
    project
        .ap(&["work", "s", "--foreground", "--resume"])
        .expect(0);
    assert_eq!(project.history("s"), [1]);
    project.nothing_left();
}

#[test]
fn runner_and_shim_may_be_killed_without_the_agent() {
    let project = Project::new();
    let runner = start(
        &project,
        ONCE,
        &format!("[ $attempt != 1 ] || sleep 300\n{DONE}"),
    );
    let (shim, agent) = (shim(&project), agents(&project)[0]);
    runner.kill_9();
    kill_9(shim);
    project
        .ap(&["work", "s", "--foreground", "--resume"])
        .expect(0);
    assert!(identity(agent).is_none(), "two agents at once");
    assert_eq!(project.history("s"), [1]);
    project.nothing_left();
}
