//! Leases of newer versions: ours are kept, others' are left alone.
use super::beads::{VERSIONS, bd, calls, forget_calls, json};
use super::{World, agent};
use jiff::Timestamp;
use serde_json::Value;

fn lease(world: &World, name: &str) -> (Timestamp, Timestamp) {
    let issue = json(world, &["show", world.id(name)])[0].take();
    let at = |field: &str| {
        issue[field]
            .as_str()
            .expect("a lease")
            .parse()
            .expect("a time")
    };
    (at("heartbeat_at"), at("lease_expires_at"))
}

/// Lets every lease have begun, and ended, long ago.
fn expire(world: &World) {
    let file = world.stage.at().project.join(".beads/fake-bd.json");
    let mut state: Value =
        serde_json::from_slice(&fs_err::read(&file).expect("the database")).expect("JSON");
    for issue in state["issues"].as_array_mut().expect("issues") {
        issue["heartbeat_at"] = "2020-01-01T00:00:00Z".into();
        issue["lease_expires_at"] = "2020-01-01T00:05:00Z".into();
    }
    agent_pipelines::store::atomic::replace(&file, state.to_string().as_bytes())
        .expect("a database");
}

#[test]
fn our_leases_are_kept_and_others_left_alone() {
    for version in ["1.3.0", "2.0.0", "9.9.9"] {
        let mut world = super::provider("1.3.0").open(&["a", "b", "c"]);
        world.set("FAKE_BD_VERSION", version);
        world.take(Some("a"), &agent("s", 1));
        world.take(Some("b"), &agent("s", 1));
        world.take(Some("c"), &agent("s", 2));
        expire(&world);
        world.queue.keep_alive(&agent("s", 1)).unwrap();
        let now = agent_pipelines::clock::now();
        for name in ["a", "b"] {
            let (heartbeat, until) = lease(&world, name);
            assert!(
                now.duration_since(heartbeat).as_secs() < 60 && now < until,
                "{version}: {name}"
            );
        }
        assert_eq!(
            lease(&world, "c").0,
            "2020-01-01T00:00:00Z".parse().unwrap(),
            "{version}"
        );
    }
}

#[test]
fn a_claim_without_a_lease_needs_none() {
    let world = super::provider("1.3.0").open(&["a"]);
    world.take(None, &agent("s", 1));
    bd(&world, &["lease", "disarm"]);
    world.queue.keep_alive(&agent("s", 1)).unwrap();
    assert_eq!(world.truth("a").1.as_deref(), Some("pipeline/s/r1/1"));
}

#[test]
fn versions_without_leases_are_asked_for_their_version_only() {
    for version in VERSIONS
        .into_iter()
        .filter(|version| !["1.3.0", "2.0.0"].contains(version))
    {
        let world = super::provider(version).open(&["a"]);
        forget_calls(&world);
        for _ in 0..3 {
            world.queue.keep_alive(&agent("s", 1)).unwrap();
        }
        assert_eq!(calls(&world), ["version"], "{version}");
    }
}

#[test]
fn queues_without_leases_ignore_keep_alive() {
    for name in ["backlog.md", "prd.json", "tracker.py"] {
        super::provider(name)
            .open(&["a"])
            .queue
            .keep_alive(&agent("s", 1))
            .unwrap();
    }
}
