//! Twelve projects and three slices, through what happens in weeks: kills, an upgrade, and directories that move and vanish.
use super::fleet::Fleet;
use super::{QUICK, TWICE};
use crate::project::LIMIT;
use agent_pipelines::clock::wait_until;
use serde_json::Value;

/// Projects whose directories are moved, deleted, and gone for a while.
const MOVED: usize = 9;
const DELETED: usize = 10;
const AWAY: usize = 11;

fn iterations(shown: &Value) -> u64 {
    let projects = shown["projects"].as_array().expect("an array").iter();
    projects.filter_map(|it| it["iterations"].as_u64()).sum()
}

#[test]
fn twelve_projects_come_through_kills_an_upgrade_and_moves_with_each_iteration_made_once() {
    let fleet = Fleet::new(12, TWICE, QUICK);
    fleet.settings("supervisor: {min_free: 1B, max_agents: 3}\n");
    fleet.add_all();
    let ap = |args: &[&str]| fleet.0[0].ap(args);
    for number in [MOVED, DELETED, AWAY] {
        ap(&["projects", "pause", &format!("app{number}")]).expect(0);
    }
    // Started twice at once.
    let mut codes = std::thread::scope(|scope| {
        let starts = [0, 1].map(|_| scope.spawn(|| ap(&["start"]).code));
        starts.map(|start| start.join().expect("it does not panic"))
    });
    codes.sort_unstable();
    assert_eq!(codes, [0, 3]);
    for kills in 1..=5 {
        fleet.until("progress", |shown| kills * 2 <= iterations(shown));
        let pid = fleet.pid();
        fleet.kill_9();
        ap(&["start"]).expect(0);
        assert_ne!(fleet.pid(), pid);
    }
    ap(&["start", "--upgrade"]).expect(0);
    let root = |number: usize| fleet.0[number].root().to_owned();
    let elsewhere = fleet.0[MOVED].outside().join("elsewhere");
    let away = fleet.0[AWAY].outside().join("away");
    fs_err::rename(root(MOVED), &elsewhere).expect("a folder");
    fs_err::remove_dir_all(root(DELETED)).expect("a folder");
    fs_err::rename(root(AWAY), &away).expect("a folder");
    ap(&["projects", "move", "app9", elsewhere.as_str()]).expect(0);
    for project in ["app9", "app10", "app11"] {
        ap(&["resume", project]).expect(0);
    }
    let is =
        |shown: &Value, number: usize, status: &str| shown["projects"][number]["status"] == status;
    fleet.until("two unfit ones", |shown| {
        is(shown, DELETED, "unfit") && is(shown, AWAY, "unfit")
    });
    fs_err::rename(&away, root(AWAY)).expect("a folder");
    ap(&["resume", "app11"]).expect(0);
    fleet.until("the others are done", |shown| {
        (0..12).all(|number| number == DELETED || is(shown, number, "done"))
    });
    let most = most_slices_at_once(&fleet);
    assert!((1..=3).contains(&most), "{most} at once");
    ap(&["stop"]).expect(0);
    fs_err::rename(&elsewhere, root(MOVED)).expect("a folder");
    for (number, project) in fleet.0.iter().enumerate() {
        if number != DELETED {
            let session = format!("app{number}");
            assert_eq!(project.history(&session), [1, 2], "{session}");
            let agents = project.events(&session, "agent_started").len();
            assert_eq!(agents, 2, "{session} made an iteration twice");
            project.nothing_left();
        }
    }
    assert!(wait_until(LIMIT, || fleet.pid().is_none()));
}

/// Returns how many slices ran at a time, at most, by the supervisor's journal.
fn most_slices_at_once(fleet: &Fleet) -> usize {
    let home = fleet.0[0].var("AP_HOME");
    let journal = format!("{home}/state/supervisor/events-000001.jsonl");
    let text = fs_err::read_to_string(journal).expect("a journal");
    let (mut running, mut most) = (std::collections::BTreeSet::new(), 0);
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).expect("a line of JSON");
        let event = &line["event"];
        let project = event["project"].as_str().unwrap_or_default().to_owned();
        match event["type"].as_str() {
            Some("slice_given") => drop(running.insert(project)),
            Some("status_changed") if event["change"]["status"]["status"] != "running" => {
                running.remove(&project);
            }
            _ => {}
        }
        most = most.max(running.len());
    }
    most
}
