//! Ten thousand tasks need as few calls as ten.
use super::beads::{SAFE, calls, forget_calls, world};
use super::{Put, agent};

/// Work is as much as is listed of what is ready.
fn check(provider: super::Provider, listed: usize) {
    let world = provider.many(10_000);
    let owner = agent("s", 1);
    assert_eq!(
        world.settle().0,
        format!("work {listed}"),
        "{}",
        provider.name
    );
    assert_eq!(world.take(None, &owner), "n0", "{}", provider.name);
    world
        .queue
        .close(world.id("n0"), Some(&owner), "")
        .expect("it closes");
    world.take(Some("n9999"), &owner);
    world
        .queue
        .close(world.id("n9999"), Some(&owner), "")
        .expect("it closes");
    assert_eq!(world.status(), "work 9998", "{}", provider.name);
}

#[test]
fn ten_thousand_tasks_work_like_ten() {
    for (name, listed) in [
        ("backlog.md", 10_000),
        ("prd.json", 10_000),
        ("0.47.0", 100),
        ("1.3.0", 100),
        ("tracker.py", 10_000),
    ] {
        check(super::provider(name), listed);
    }
}

#[test]
fn ten_thousand_closed_tasks_are_done() {
    for name in ["backlog.md", "prd.json", "0.24.4", "2.0.0", "tracker.py"] {
        let names: Vec<String> = (0..10_000).map(|n| format!("n{n}")).collect();
        let world = super::provider(name).world(
            &names
                .iter()
                .map(|name| (name.as_str(), true))
                .collect::<Vec<_>>(),
        );
        assert_eq!(world.settle().0, "done 10000", "{name}");
        world.put("n77", Put::Open);
        assert_eq!(world.settle().0, "work 1", "{name}");
    }
}

#[test]
fn checking_and_claiming_makes_few_calls() {
    for version in SAFE {
        let world = super::provider(version).many(200);
        world.settle();
        forget_calls(&world);
        for iteration in 1..=2 {
            assert_eq!(world.settle().0, "work 100", "{version}");
            world.take(None, &agent("live", iteration));
            assert_eq!(
                calls(&world),
                ["ready", "list in_progress", "claim", "show"],
                "{version}"
            );
            forget_calls(&world);
        }
    }
}

#[test]
fn a_version_that_claims_unsafely_is_looked_at_once_more() {
    let world = world("0.47.0", &["a", "b"]);
    world.settle();
    forget_calls(&world);
    world.settle();
    world.take(None, &agent("s", 1));
    assert_eq!(
        calls(&world),
        ["ready", "list in_progress", "show", "claim", "show"]
    );
}
