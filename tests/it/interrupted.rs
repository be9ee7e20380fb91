//! Sessions that were ended from outside, and scripts that resume them.
use crate::project::Project;
use crate::sessions::{TWICE, UNTIL_TOLD, agents, resume_to_the_end, started, tell};
use nix::sys::signal::Signal;

#[test]
fn a_signal_interrupts_the_session() {
    for (signal, by) in [
        (Signal::SIGHUP, "window"),
        (Signal::SIGINT, "signal"),
        (Signal::SIGTERM, "signal"),
    ] {
        let (project, runner) = started();
        runner.signal(signal);
        assert_eq!(runner.ended(), 75, "{signal}");
        project.nothing_left();
        assert_eq!(project.status("s")["status"], "interrupted");
        assert_eq!(project.events("s", "stop_requested")[0]["by"], by);
        project
            .ap(&["wait", "s"])
            .expect(75)
            .says(&["interrupted by"]);
        resume_to_the_end(&project);
    }
}

#[test]
fn a_start_with_force_stops_the_session_in_the_name_of_the_user() {
    let (project, runner) = started();
    project.shell_loop(
        "work",
        TWICE,
        "echo '{\"decision\": \"continue\"}' >\"$status\"",
    );
    project
        .ap(&["work", "s", "--foreground", "--force"])
        .expect(0);
    assert_eq!(runner.ended(), 5);
    let archive = project.root().join(".claude/pipeline-runs/.archive");
    let run = archive.read_dir_utf8().expect("an archive").next();
    let run = run.expect("a run").expect("its entry").into_path();
    let state = fs_err::read_to_string(run.join("state.json")).expect("its state");
    assert!(
        state.contains("\"stopped\"") && state.contains("a start with --force"),
        "{state}"
    );
    project.nothing_left();
}

#[test]
fn resume_or_start_starts_resumes_and_leaves_a_stopped_session_alone() {
    let project = Project::new();
    project.shell_loop("work", TWICE, UNTIL_TOLD);
    let script = [
        "work",
        "s",
        "2",
        "--foreground",
        "--context",
        "x",
        "--resume-or-start",
    ];
    let runner = project.start(&script);
    project.until_event("s", "agent_started", 1);
    project.ap(&script).expect(3);
    runner.signal(Signal::SIGTERM);
    assert_eq!(runner.ended(), 75);
    let runner = project.start(&script);
    project.until_event("s", "runner_started", 2);
    project.until("the next agent", || agents(&project) == 2);
    project.ap(&["stop", "s"]).expect(0);
    assert_eq!(runner.ended(), 5);
    project.ap(&script).expect(5).says(&[
        "was stopped",
        "Stopped by: ap stop",
        "ap work s 2 --resume",
    ]);
    assert_eq!(project.events("s", "runner_started").len(), 2);
    tell(&project, 1);
    tell(&project, 2);
    project
        .ap(&["work", "s", "2", "--resume", "--foreground"])
        .expect(0);
    project.ap(&script).expect(0).says(&["already complete"]);
    assert_eq!(project.events("s", "session_started").len(), 1);
}
