//! Sessions in the foreground: stop, pause, kill, resume, and concurrent starts.
use crate::project::{Project, Ran, Running};
use agent_pipelines::exec::process::{current, identity};
use agent_pipelines::store::atomic;
use nix::sys::signal::Signal;
use serde_json::Value;

/// The agent of iteration N continues when there is a file `goN`.
pub(crate) const UNTIL_TOLD: &str = r#"echo $n >>../started
while [ ! -e ../go$n ]; do sleep 0.02; done
echo '{"decision": "continue"}' >"$status"
"#;
pub(crate) const TWICE: &str = "termination: { type: fixed, max: 2 }\n";
const FOREGROUND: [&str; 3] = ["work", "s", "--foreground"];
const RESUME: [&str; 4] = ["work", "s", "--foreground", "--resume"];

/// Starts a session of two iterations and waits for its first agent.
pub(crate) fn started() -> (Project, Running) {
    let project = Project::new();
    project.shell_loop("work", TWICE, UNTIL_TOLD);
    let runner = project.start(&FOREGROUND);
    project.until_event("s", "agent_started", 1);
    project.until("the first agent", || agents(&project) == 1);
    (project, runner)
}

pub(crate) fn agents(project: &Project) -> usize {
    fs_err::read_to_string(project.outside().join("started"))
        .unwrap_or_default()
        .lines()
        .count()
}

pub(crate) fn tell(project: &Project, iteration: u32) {
    project.program(&format!("go{iteration}"), "");
}

/// Lets both agents do their work and continues to the end.
pub(crate) fn resume_to_the_end(project: &Project) {
    tell(project, 1);
    tell(project, 2);
    project.ap(&RESUME).expect(0);
    assert_eq!(project.history("s"), [1, 2]);
    project.nothing_left();
}

#[test]
fn a_stopped_session_continues_when_resumed() {
    let (project, runner) = started();
    project
        .ap(&["stop", "s"])
        .expect(0)
        .says(&["is stopped", "--resume"]);
    assert_eq!(runner.ended(), 5);
    project
        .ap(&["stop", "s"])
        .expect(1)
        .says(&["is not running: its status is stopped"]);
    project.ap(&["wait", "s"]).expect(5);
    resume_to_the_end(&project);
    assert_eq!(project.events("s", "session_resumed").len(), 1);
}

#[test]
fn an_unhandled_stop_request_does_not_stop_the_resumed_session() {
    let (project, runner) = started();
    runner.kill_9();
    let request = format!(".claude/pipeline-runs/s/inbox/{:020}-1.json", 1);
    project.write(&request, r#"{"request":"stop","by":"ap stop"}"#);
    resume_to_the_end(&project);
    assert_eq!(project.events("s", "stop_requested").len(), 0);
}

#[test]
fn a_pause_during_an_iteration_is_remembered() {
    let (project, runner) = started();
    project.ap(&["pause", "s"]).expect(0);
    assert_eq!(
        project.status("s")["status"],
        "running",
        "its agent is still at work"
    );
    tell(&project, 1);
    project.until("the pause", || project.status("s")["status"] == "paused");
    assert_eq!((agents(&project), project.history("s")), (1, vec![1]));
    // Even by a runner that was killed.
    runner.kill_9();
    let resumed = project.start(&RESUME);
    project.until_event("s", "runner_started", 2);
    project.until("the pause", || project.status("s")["status"] == "paused");
    tell(&project, 2);
    project.ap(&["continue", "s"]).expect(0);
    assert_eq!((resumed.ended(), agents(&project)), (0, 2));
}

#[test]
fn a_kill_leaves_no_process_and_can_be_resumed() {
    let (project, runner) = started();
    project.ap(&["kill", "s"]).expect(0);
    assert_eq!(runner.ended(), 128 + 9);
    project.nothing_left();
    assert_eq!(project.status("s")["status"], "stopped");
    project.ap(&["wait", "s"]).expect(5);
    resume_to_the_end(&project);
}

#[test]
fn force_stops_the_living_runner_and_archives_its_run() {
    let (project, runner) = started();
    let old = project.status("s")["run"]
        .as_str()
        .expect("a run")
        .to_owned();
    project.write(&project.run_file("s", "progress-s.md"), "what was learned");
    tell(&project, 1);
    project.until_event("s", "iteration_started", 2);
    tell(&project, 2);
    let forced = project
        .ap(&["work", "s", "--foreground", "--force"])
        .expect(0);
    let code = runner.ended();
    assert!([0, 5].contains(&code), "exit {code}: {}", forced.text());
    let kept = format!(".claude/pipeline-runs/.archive/s-{old}");
    assert_eq!(
        project.read(&format!("{kept}/progress-s.md")),
        "what was learned"
    );
    assert!(
        project
            .read(&format!("{kept}/events.jsonl"))
            .contains("session_finished")
    );
    assert_ne!(project.status("s")["run"], old.as_str());
    assert_eq!(
        (
            project.history("s"),
            project.events("s", "session_started").len()
        ),
        (vec![1, 2], 1)
    );
    project.nothing_left();
}

#[test]
fn starting_a_finished_session_reports_it_and_runs_nothing() {
    let project = Project::new();
    project.shell_loop(
        "work",
        TWICE,
        "echo $n >>../started\necho '{\"decision\": \"continue\"}' >\"$status\"",
    );
    project.ap(&FOREGROUND).expect(0);
    let journal = project.read(&project.run_file("s", "events.jsonl"));
    for args in [&FOREGROUND[..], &RESUME[..]] {
        project
            .ap(args)
            .expect(0)
            .says(&["Session 's' is already complete", "--force"]);
    }
    project.ap(&["wait", "s"]).expect(0);
    assert_eq!(
        project.read(&project.run_file("s", "events.jsonl")),
        journal
    );
    assert_eq!(agents(&project), 2);
}

#[test]
fn a_deleted_lock_file_never_yields_two_runners() {
    let (project, runner) = started();
    fs_err::remove_file(project.root().join(".claude/locks/s.lock")).expect("the lock");
    for args in [&FOREGROUND[..], &RESUME[..]] {
        project
            .ap(args)
            .expect(3)
            .says(&["session 's' is already running"]);
    }
    assert_eq!(project.status("s")["status"], "running");
    tell(&project, 1);
    tell(&project, 2);
    assert_eq!((runner.ended(), agents(&project)), (0, 2));
    assert_eq!(project.history("s"), [1, 2]);
    project.nothing_left();
}

#[test]
fn force_ends_a_runner_whose_lock_file_was_deleted() {
    let (project, runner) = started();
    fs_err::remove_file(project.root().join(".claude/locks/s.lock")).expect("the lock");
    tell(&project, 2);
    let forced = project.start(&["work", "s", "--foreground", "--force"]);
    assert_eq!(runner.ended(), 5);
    tell(&project, 1);
    assert_eq!(forced.ended(), 0);
    assert_eq!((project.history("s"), agents(&project)), (vec![1, 2], 3));
    project.nothing_left();
}

#[test]
fn a_lock_of_another_boot_or_a_reused_pid_is_stale() {
    let (project, runner) = started();
    runner.kill_9();
    let lock = ".claude/locks/s.lock";
    let ours = current();
    for (boot, ticks) in [
        ("another-boot", ours.start_ticks),
        (ours.boot_id.as_str(), ours.start_ticks + 1),
    ] {
        // Our own pid lives; the lock and the journal mean another process.
        let mut holder: Value = serde_json::from_str(&project.read(lock)).expect("the lock's text");
        holder["pid"] = ours.pid.into();
        holder["process"] = serde_json::json!({ "pid": ours.pid, "start_ticks": ticks, "boot_id": boot, "host": ours.host });
        project.write(lock, &holder.to_string());
        let mut lines = project.journal("s");
        for line in &mut lines {
            if line["event"]["type"] == "runner_started" {
                line["event"]["runner"] = holder["process"].clone();
            }
        }
        project.write_journal("s", lines);
        assert_eq!(project.status("s")["status"], "crashed", "{boot}");
    }
    resume_to_the_end(&project);
    assert!(identity(ours.pid).is_some());
}

#[test]
fn one_of_two_hundred_concurrent_starts_runs() {
    let (project, runner) = started();
    runner.signal(Signal::SIGTERM);
    runner.ended();
    let starts: Vec<_> = (0..200)
        .map(|_| {
            let mut command = project.ap_command(&["work", "same", "2", "--foreground"]);
            command
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::piped())
                .spawn()
                .expect("ap starts")
        })
        .collect();
    let pids: Vec<u32> = starts.iter().map(std::process::Child::id).collect();
    let waiting = std::thread::spawn(move || {
        starts
            .into_iter()
            .map(|child| Ran::from(child.wait_with_output().expect("it ends")))
            .collect::<Vec<_>>()
    });
    project.until("199 of them to give up", || {
        let alive = pids
            .iter()
            .filter(|pid| identity(i32::try_from(**pid).expect("a pid")).is_some());
        alive.count() == 1
    });
    tell(&project, 1);
    tell(&project, 2);
    let ran = waiting.join().expect("all of them");
    assert_eq!(
        (
            ran.iter().filter(|ran| ran.code == 0).count(),
            ran.iter().filter(|ran| ran.code == 3).count()
        ),
        (1, 199)
    );
    assert!(
        ran.iter()
            .all(|ran| ran.code == 0 || ran.text().contains("session 'same' is already running"))
    );
    assert_eq!((project.history("same"), agents(&project)), (vec![1, 2], 3));
    project.nothing_left();
}

#[test]
fn a_deleted_view_is_written_again() {
    let (project, runner) = started();
    let view = project.root().join(project.run_file("s", "state.json"));
    // What the clock counts is another number at each look.
    let status = || {
        let mut status = project.status("s");
        let fields = status.as_object_mut().expect("an object");
        fields.retain(|name, _| name != "bounds" && name != "doing");
        status
    };
    let before = status();
    atomic::replace(&view, b"{ not json").expect("it is written");
    assert_eq!(status(), before, "status does not believe the view");
    runner.kill_9();
    fs_err::remove_file(&view).expect("it is removed");
    resume_to_the_end(&project);
    assert!(
        project
            .read(&project.run_file("s", "state.json"))
            .contains("\"status\":\"complete\"")
    );
}

#[test]
fn a_wait_shows_its_reason_and_end_and_can_be_skipped() {
    let project = Project::new();
    let script = "pause_ms: 0\niterations:\n  - attempts:\n      - rate_limit: { resets_in_s: 600 }\n      - status: { decision: continue }\n";
    project.scripted_loop(
        "work",
        "termination: { type: fixed, max: 1 }\nretries: 0\n",
        script,
    );
    let runner = project.start(&FOREGROUND);
    project.until_event("s", "wait_started", 1);
    let waiting = &project.status("s")["waiting"];
    assert_eq!(waiting["reason"]["kind"], "rate_limit");
    assert!(
        waiting["until"].is_string() && waiting["since"].is_string(),
        "{waiting}"
    );
    // It outlives its runner.
    runner.kill_9();
    let resumed = project.start(&RESUME);
    project.until_event("s", "runner_started", 2);
    assert_eq!(&project.status("s")["waiting"], waiting);
    project.ap(&["continue", "s"]).expect(0);
    assert_eq!((resumed.ended(), project.history("s")), (0, vec![1]));
}

#[test]
fn a_failure_shows_the_exit_code_the_error_and_the_last_good_iteration() {
    let project = Project::new();
    let yaml = "termination: { type: fixed, max: 9 }\nretries: 0\n";
    project.shell_loop("work", yaml, "echo working\necho no such table >&2\nexit 7");
    project
        .ap(&FOREGROUND)
        .expect(1)
        .says(&["terminated unexpectedly with exit code 7: no such table"]);
    project.shell_loop(
        "mute",
        yaml,
        r#"[ "$n" != 1 ] || echo '{"decision": "continue"}' >"$status""#,
    );
    project
        .ap(&["mute", "--foreground"])
        .expect(1)
        .says(&["failed at iteration 4/9", "Last successful iteration: 1"]);
    let view: Value =
        serde_json::from_str(&project.read(&project.run_file("mute", "state.json"))).expect("JSON");
    assert!(view["error"]["timestamp"].is_string(), "{view}");
}

#[test]
fn the_completion_reason_is_readable() {
    let project = Project::new();
    project.shell_loop(
        "work",
        TWICE,
        r#"echo '{"decision": "continue"}' >"$status""#,
    );
    project.ap(&FOREGROUND).expect(0);
    assert_eq!(
        project.status("s")["completion_reason"],
        "all 2 iterations ran"
    );
}

#[test]
fn a_loop_finds_prd_json_by_default() {
    let project = Project::new();
    project.write(
        "prd.json",
        r#"{"userStories": [{"id": "US-1", "title": "A", "priority": 1, "passes": true}]}"#,
    );
    project.shell_loop(
        "work",
        "termination: { type: queue }\ncheck_before: true\n",
        "exit 1",
    );
    project
        .ap(&FOREGROUND)
        .expect(0)
        .says(&["the queue is empty"]);
}
