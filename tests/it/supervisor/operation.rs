//! What you do with a supervisor that runs: answer it, replace it, give it room.
use super::fleet::Fleet;
use super::{QUICK, TWICE, UNTIL_TOLD};
use crate::project::LIMIT;
use agent_pipelines::clock::wait_until;
use serde_json::Value;

#[test]
fn an_upgrade_hands_over_between_launches_and_its_sessions_continue() {
    let fleet = Fleet::new(1, TWICE, UNTIL_TOLD);
    fleet.add_all();
    let project = &fleet.0[0];
    project.ap(&["start"]).expect(0);
    project.until_event("app0", "agent_started", 1);
    let old = fleet.pid().expect("it runs");
    project.ap(&["start", "--upgrade"]).expect(0);
    let new = fleet.pid().expect("it runs");
    assert_ne!(old, new);
    project.program("go1", "");
    project.program("go2", "");
    fleet.until_all("done");
    assert_eq!(project.history("app0"), [1, 2]);
    assert_eq!(project.events("app0", "runner_started").len(), 1);
}

/// The names of the steps are those of `src/supervisor/lifetime.rs`.
#[test]
fn a_supervisor_continues_when_its_successor_dies_at_any_step_of_the_hand_over() {
    for step in ["prepared", "asked for", "taken"] {
        let mut fleet = Fleet::new(1, TWICE, QUICK);
        let old = {
            fleet.0[0].ap(&["start"]).expect(0);
            fleet.pid()
        };
        let project = &mut fleet.0[0];
        let log = project.outside().join("points");
        project.set("AP_CRASH_LOG", log);
        project.set("AP_CRASH_AT", format!("supervisor:hand-over: {step}"));
        project.ap(&["start", "--upgrade"]).expect(1);
        project.unset("AP_CRASH_AT").unset("AP_CRASH_LOG");
        fleet.until("the old one", |shown| {
            shown["supervisor"]["running"] == true
                && shown["supervisor"]["pid"].as_i64() == old.map(i64::from)
        });
        fleet.add_all();
        fleet.until_all("done");
    }
}

#[test]
fn a_command_of_yours_makes_room_once_when_the_disk_is_low() {
    let fleet = Fleet::new(2, TWICE, QUICK);
    let said = fleet.0[0].outside().join("said");
    let script = format!("echo \"$AP_PROJECT\" >>\"{said}\"");
    fleet.settings(&format!(
        "supervisor: {{min_free: 100000TB, on_low: [sh, -c, '{script}']}}\n"
    ));
    fleet.add_all();
    fleet.0[0].ap(&["start"]).expect(0);
    fleet.until("both wait", |shown| {
        let projects = shown["projects"].as_array().expect("an array");
        projects.iter().all(|it| {
            let reason = it["reason"].as_str().unwrap_or_default();
            it["status"] == "waiting" && reason.contains("disk space")
        })
    });
    let text = || fs_err::read_to_string(&said).unwrap_or_default();
    assert!(wait_until(LIMIT, || text().lines().count() == 1));
    fleet.until("its end", |shown| {
        let events = shown["events"].as_array().expect("an array");
        let ended = |it: &&Value| it["text"] == "on_low exited with 0";
        events.iter().filter(ended).count() == 1
    });
    let mut roots = fleet.0.iter().map(|project| project.root().as_str());
    assert!(roots.any(|root| text().trim() == root));
}

#[test]
fn what_the_supervisor_asks_is_answered_once_by_the_projects_id() {
    let fleet = Fleet::new(1, TWICE, QUICK);
    let project = &fleet.0[0];
    project.ap(&["projects", "add"]).expect(0);
    project.shell_loop("work", "termination: { type: fixd }\n", QUICK);
    project.ap(&["start"]).expect(0);
    fleet.until_all("blocked");
    let asked = project.ap(&["questions", "--json"]).expect(0).stdout;
    let asked: Value = serde_json::from_str(&asked).expect("JSON");
    assert_eq!(asked[0]["session"], "app0");
    assert_eq!(asked[0]["id"], "s1");
    assert_eq!(asked[0]["by"], "supervisor");
    assert_eq!(fleet.status()["questions"], asked);
    project.ap(&["answer", "app0", "perhaps"]).expect(2);
    let late = ["approve", "app0", "--id", "s2"];
    project.ap(&late).expect(1).says(&["does not ask s2"]);
    project.ap(&["reject", "app0"]).expect(0);
    fleet.until_all("paused");
    project.ap(&["approve", "app0", "--id", "s1"]).expect(1);
    project.shell_loop("work", TWICE, QUICK);
    project.ap(&["resume", "app0"]).expect(0);
    fleet.until_all("done");
    project.ap(&["stop"]).expect(0);
    let events = &fleet.status()["events"];
    assert_eq!(events.as_array().map(Vec::len), Some(5), "{events:#}");
    let few = project.ap(&["status", "--recent", "1"]).expect(0);
    few.says(&["supervisor stopped"]);
}
