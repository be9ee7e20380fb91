//! A clock that is set back or ahead while a session waits changes no length.
use crate::project::Project;

const FOREGROUND: [&str; 3] = ["work", "s", "--foreground"];
const DONE: &str = r#"echo '{"decision":"continue"}' > "$status""#;

fn project(delay: &str) -> Project {
    let mut project = Project::new();
    let clock = project.program("clock", "0\n");
    project.set("AP_CLOCK", clock.as_str());
    project.shell_loop(
        "work",
        "termination: { type: fixed, iterations: 2 }\n",
        DONE,
    );
    let path = ".claude/loops/work/loop.yaml";
    let yaml = project
        .read(path)
        .replace("\ndelay: 0\n", &format!("\ndelay: {delay}\n"));
    project.write(path, &yaml);
    project
}

#[test]
fn a_clock_that_is_set_back_does_not_stretch_a_delay() {
    let project = project("2");
    let runner = project.start(&FOREGROUND);
    project.until_event("s", "wait_started", 1);
    project.program("clock", "-3600\n");
    assert_eq!(runner.ended(), 0);
    assert_eq!(project.history("s"), [1, 2]);
}

#[test]
fn a_clock_that_is_set_ahead_does_not_skip_a_delay() {
    let project = project("1h");
    let runner = project.start(&FOREGROUND);
    project.until_event("s", "wait_started", 1);
    project.program("clock", "86400\n");
    project.ap(&["pause", "s"]).expect(0);
    project.until_event("s", "pause_requested", 1);
    project.ap(&["stop", "s"]).expect(0);
    assert_eq!(runner.ended(), 5);
    assert!(project.events("s", "wait_ended").is_empty());
    assert_eq!(project.history("s"), [1]);
}

#[test]
fn a_session_whose_clock_was_days_ahead_is_resumed() {
    let project = project("2");
    project.program("clock", "259200\n");
    let runner = project.start(&FOREGROUND);
    project.until_event("s", "wait_started", 1);
    runner.kill_9();
    project.program("clock", "0\n");
    project
        .ap(&["work", "s", "--foreground", "--resume"])
        .expect(0);
    assert_eq!(project.history("s"), [1, 2]);
}

#[test]
fn the_time_limit_of_a_session_holds_while_it_waits() {
    let project = project("1h");
    project
        .ap(&["work", "s", "--foreground", "--max-runtime", "2"])
        .expect(4)
        .says(&["time limit reached"]);
}
