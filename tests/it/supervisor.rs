//! The supervisor end to end, with real tmux and scripted agents: slices, stops, kills, and projects that come and go.
mod fleet;
mod operation;
mod page;
mod service;
mod twelve;
mod watch;

use crate::project::LIMIT;
use agent_pipelines::clock::wait_until;
use fleet::Fleet;
use serde_json::Value;

const TWICE: &str = "termination: { type: fixed, max: 2 }\n";
const QUICK: &str = "echo '{\"decision\": \"continue\"}' >\"$status\"";
/// The agent of iteration N continues when there is a file `goN` beside the project.
const UNTIL_TOLD: &str = r#"while [ ! -e ../go$n ]; do sleep 0.02; done
echo '{"decision": "continue"}' >"$status"
"#;

#[test]
fn projects_are_worked_on_until_they_are_done_and_each_iteration_is_made_once() {
    let fleet = Fleet::new(3, TWICE, QUICK);
    fleet.settings("supervisor: {min_free: 1B, max_agents: 1}\n");
    fleet.add_all();
    let said = fleet.0[0].ap(&["start"]).expect(0);
    said.says(&["The supervisor runs (pid", "3 projects", "supervisor.log"]);
    fleet.0[0]
        .ap(&["start"])
        .expect(3)
        .says(&["a supervisor runs already: pid"]);
    fleet.until_all("done");
    for (number, project) in fleet.0.iter().enumerate() {
        assert_eq!(project.history(&format!("app{number}")), [1, 2]);
    }
    fleet.0[0].ap(&["stop"]).expect(0).says(&["is stopped"]);
    fleet.0[0]
        .ap(&["stop"])
        .expect(0)
        .says(&["No supervisor runs"]);
    for project in &fleet.0 {
        project.nothing_left();
    }
}

#[test]
fn a_killed_supervisor_is_followed_by_one_that_adopts_its_sessions() {
    let fleet = Fleet::new(1, TWICE, UNTIL_TOLD);
    fleet.add_all();
    let project = &fleet.0[0];
    project.ap(&["start"]).expect(0);
    project.until_event("app0", "agent_started", 1);
    fleet.kill_9();
    project.program("go1", "");
    project.until_event("app0", "agent_started", 2);
    project.ap(&["start"]).expect(0);
    fleet.until_all("running");
    project.program("go2", "");
    fleet.until_all("done");
    assert_eq!(project.history("app0"), [1, 2]);
    // One runner made both: the second supervisor gave no second slice.
    assert_eq!(project.events("app0", "runner_started").len(), 1);
}

#[test]
fn ap_stop_outlasts_services_and_ap_start_resumes_the_sessions() {
    let fleet = Fleet::new(1, TWICE, UNTIL_TOLD);
    fleet.add_all();
    let project = &fleet.0[0];
    project.ap(&["start"]).expect(0);
    project.until_event("app0", "agent_started", 1);
    project.ap(&["stop"]).expect(0);
    assert_eq!(project.status("app0")["status"], "interrupted");
    project
        .ap(&["start", "--unless-stopped"])
        .expect(0)
        .says(&["You stopped the supervisor"]);
    assert_eq!(fleet.pid(), None);
    project.ap(&["start", "--as-service"]).expect(0);
    fleet.until("idle", |shown| {
        shown["supervisor"]["running"] == true && shown["supervisor"]["desired"] == "stop"
    });
    assert_eq!(fleet.project(0)["status"], "due");
    project.ap(&["start"]).expect(3);
    project.program("go1", "");
    project.program("go2", "");
    fleet.until_all("done");
    assert_eq!(project.history("app0"), [1, 2]);
}

#[test]
fn a_project_yields_after_its_iteration_when_another_waits() {
    let fleet = Fleet::new(2, "termination: { type: fixed, max: 3 }\n", UNTIL_TOLD);
    fleet.settings("supervisor: {min_free: 1B, max_agents: 1}\n");
    fleet.add_all();
    fleet.0[0].ap(&["start"]).expect(0);
    let go = |names: &[&str]| {
        for project in &fleet.0 {
            for name in names {
                project.program(name, "");
            }
        }
    };
    go(&["go1"]);
    fleet.0[0].until_event("app0", "yield_requested", 1);
    go(&["go2", "go3"]);
    fleet.until_all("done");
    let first = fleet.0[0].events("app0", "runner_parked");
    assert!(!first.is_empty(), "it was not asked to yield");
    assert_eq!(fleet.0[0].history("app0"), [1, 2, 3]);
    assert_eq!(fleet.0[1].history("app1"), [1, 2, 3]);
}

#[test]
fn a_failure_only_you_can_change_blocks_the_project_with_one_command() {
    let fleet = Fleet::new(1, TWICE, QUICK);
    let project = &fleet.0[0];
    project.ap(&["projects", "add"]).expect(0);
    project.shell_loop("work", "termination: { type: fixd }\n", QUICK);
    project.ap(&["start"]).expect(0);
    fleet.until_all("blocked");
    let file = project.root().join(".agent-pipelines/HUMAN_NEEDED.md");
    let text = || fs_err::read_to_string(&file).unwrap_or_default();
    assert!(wait_until(LIMIT, || text().contains("ap resume app0")));
    project.shell_loop("work", TWICE, QUICK);
    project
        .ap(&["resume", "app0"])
        .expect(0)
        .says(&["It was blocked"]);
    fleet.until_all("done");
    assert!(wait_until(LIMIT, || !file.exists()));
}

#[test]
fn a_directory_that_vanishes_is_unfit_and_comes_back_by_move() {
    let fleet = Fleet::new(2, TWICE, QUICK);
    fleet.add_all();
    let (gone, other) = (&fleet.0[0], &fleet.0[1]);
    let moved = gone.root().with_file_name("moved");
    fs_err::rename(gone.root(), &moved).expect("a folder");
    other.ap(&["start"]).expect(0);
    let status = |number: usize, wanted: &str| {
        let shown = other.ap(&["status", "--json"]).expect(0).stdout;
        let shown: Value = serde_json::from_str(&shown).expect("JSON");
        shown["projects"][number]["status"] == wanted
    };
    assert!(wait_until(LIMIT, || status(0, "unfit") && status(1, "done")));
    other
        .ap(&["projects", "move", "app0", moved.as_str()])
        .expect(0);
    other.ap(&["resume", "app0"]).expect(0);
    assert!(wait_until(LIMIT, || status(0, "done")), "{}", fleet.log());
    other.ap(&["stop"]).expect(0);
    fs_err::rename(&moved, gone.root()).expect("a folder");
}

#[test]
fn run_makes_one_iteration_here_and_keeps_the_exit_codes_of_the_seed() {
    let fleet = Fleet::new(1, TWICE, QUICK);
    let project = &fleet.0[0];
    project
        .ap(&["run", "."])
        .expect(1)
        .says(&["no registered project is `.`"]);
    project.ap(&["projects", "add"]).expect(0);
    project.ap(&["run", ".", "--once"]).expect(0);
    let set = project.ap(&["projects", "set", "app0", "--", "--max-cost", "5"]);
    set.expect(1).says(&["keeps what it was started with"]);
    assert_eq!(project.history("app0"), [1]);
    project.ap(&["run", "app0"]).expect(0);
    assert_eq!(project.history("app0"), [1, 2]);
    project.ap(&["run", "app0", "--what"]).expect(64);
}

#[test]
fn projects_are_added_once_set_paused_and_removed() {
    let fleet = Fleet::new(1, TWICE, QUICK);
    let project = &fleet.0[0];
    project
        .ap(&["projects"])
        .expect(0)
        .says(&["No projects yet"]);
    project
        .ap(&["projects", "add"])
        .expect(0)
        .says(&["Project 'app0' runs work"]);
    project
        .ap(&["projects", "add"])
        .expect(0)
        .says(&["is project 'app0' already; nothing changed"]);
    project
        .ap(&["projects", "add", "--loop", "none", "/"])
        .expect(2);
    project
        .ap(&["projects", "set", "app0", "--weight", "3"])
        .expect(0);
    project
        .ap(&["projects", "set", "app0", "--loop", "none"])
        .expect(2);
    project
        .ap(&["projects", "pause", ".", "--until", "2h"])
        .expect(0)
        .says(&["gets no slices until", "No supervisor runs"]);
    project.ap(&["start"]).expect(0);
    fleet.until_all("paused");
    project.ap(&["projects", "resume", "app0"]).expect(0);
    fleet.until_all("done");
    project
        .ap(&["projects", "remove", "app0"])
        .expect(0)
        .says(&["is removed", "was deleted"]);
    project
        .ap(&["projects", "add"])
        .expect(0)
        .says(&["Project 'app0-2'"]);
}

#[test]
fn a_resume_lifts_the_pause_of_a_session_whose_runner_has_parked() {
    let fleet = Fleet::new(1, TWICE, UNTIL_TOLD);
    fleet.add_all();
    let project = &fleet.0[0];
    project.ap(&["start"]).expect(0);
    project.until_event("app0", "agent_started", 1);
    project.ap(&["pause", "app0"]).expect(0);
    project.program("go1", "");
    project.until_event("app0", "runner_parked", 1);
    fleet.until_all("paused");
    let said = project.ap(&["loop", "work", "app0"]).expect(1);
    said.says(&["waits without a runner"]);
    project.ap(&["resume", "app0"]).expect(0);
    project.until_event("app0", "agent_started", 2);
    project.program("go2", "");
    fleet.until_all("done");
    assert_eq!(project.history("app0"), [1, 2]);
}

#[test]
fn a_parked_session_is_stopped_by_a_command_of_its_own() {
    let fleet = Fleet::new(1, TWICE, UNTIL_TOLD);
    fleet.add_all();
    let project = &fleet.0[0];
    project.ap(&["start"]).expect(0);
    project.until_event("app0", "agent_started", 1);
    project.ap(&["pause", "app0"]).expect(0);
    project.program("go1", "");
    project.until_event("app0", "runner_parked", 1);
    let stopped = project.ap(&["stop", "app0"]).expect(0);
    stopped.says(&["Session 'app0' is stopped"]);
    assert_eq!(project.events("app0", "session_finished").len(), 1);
    fleet.until("your stop", |shown| {
        shown["projects"][0]["reason"] == "by ap stop"
    });
}

#[test]
fn a_supervisor_whose_lock_file_was_deleted_is_known_and_stopped() {
    let fleet = Fleet::new(1, TWICE, QUICK);
    let project = &fleet.0[0];
    project.ap(&["start"]).expect(0);
    let pid = fleet.pid();
    let home = project.var("AP_HOME");
    let lock = format!("{home}/state/supervisor.lock");
    let remove = || fs_err::remove_file(&lock).expect("a lock file");
    remove();
    let second = project.ap(&["start"]).expect(3);
    second.says(&["a supervisor runs already"]);
    fleet.until("its lock file", |_| fleet.pid() == pid);
    remove();
    project.ap(&["stop"]).expect(0).says(&["is stopped"]);
    project.nothing_left();
}
