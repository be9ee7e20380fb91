//! A claim: one owner, however often it is requested.
use super::beads::{VERSIONS, bd};
use super::{Put, TASKWARRIOR, World, agent, agent_of, only_without, providers};
use agent_pipelines::model::TaskState;
use agent_pipelines::queue::{Claim, Owner, QueueErrorKind, Result};

#[track_caller]
fn refused(claim: Result<Claim>, word: &str) {
    let error = claim.expect_err("a refusal");
    assert!(
        error.kind == QueueErrorKind::Rejected && error.what.contains(word),
        "{error:?}"
    );
}

fn lost(by: &str) -> Result<Claim> {
    Ok(Claim::Lost { by: by.to_owned() })
}

#[test]
fn a_claim_has_one_owner() {
    for provider in providers() {
        let world = provider.world(&[("a", false), ("b", false), ("c", true)]);
        let (one, two) = (agent("s", 1), agent("s", 2));
        assert_eq!(world.take(None, &one), "a", "{}", provider.name);
        let task = world.queue.show(world.id("a")).unwrap();
        let told = (task.title.as_str(), task.state, task.owner.as_deref());
        assert_eq!(
            told,
            ("Task a", TaskState::Held, Some("pipeline/s/r1/1")),
            "{}",
            provider.name
        );
        assert_eq!(world.truth("a").0, "held", "{}", provider.name);
        assert_eq!(
            world.claim(Some("a"), &two),
            lost("pipeline/s/r1/1"),
            "{}",
            provider.name
        );
        assert_eq!(world.take(Some("a"), &one), "a", "the same claim again");
        assert_eq!(
            world.take(None, &one),
            "a",
            "an agent's next claim is the one it has"
        );
        assert_eq!(world.take(None, &two), "b");
        assert_eq!(
            world.claim(None, &agent("s", 3)),
            Ok(Claim::None),
            "{}",
            provider.name
        );
        assert_eq!(
            world.claim(None, &agent_of("s", "r2", 1)),
            Ok(Claim::None),
            "another run is another agent"
        );
    }
}

#[test]
fn closed_blocked_and_missing_tasks_cannot_be_claimed() {
    let mut left_out = Vec::new();
    for provider in providers() {
        let world = provider.world(&[("a", true), ("b", false)]);
        refused(world.claim(Some("a"), &agent("s", 1)), "closed");
        refused(world.claim(Some("nope"), &agent("s", 1)), "nope");
        assert_eq!(world.truth("a").0, "closed", "{}", provider.name);
        if world.put("b", Put::Blocked) {
            refused(world.claim(Some("b"), &agent("s", 1)), world.id("b"));
            assert_eq!(
                world.claim(None, &agent("s", 1)),
                Ok(Claim::None),
                "{}",
                provider.name
            );
        } else {
            left_out.push(provider.name);
        }
    }
    only_without(&left_out, &["prd.json"]);
}

#[test]
fn an_empty_queue_gives_nothing() {
    for provider in providers() {
        assert_eq!(
            provider.open(&[]).claim(None, &agent("s", 1)),
            Ok(Claim::None),
            "{}",
            provider.name
        );
    }
}

#[test]
fn two_claims_of_a_user_get_two_tasks() {
    for provider in providers() {
        let world = provider.open(&["a", "b"]);
        let ann = Owner::user("ann");
        assert_eq!(
            [world.take(None, &ann), world.take(None, &ann)],
            ["a", "b"],
            "{}",
            provider.name
        );
        assert_eq!(
            world.take(Some("a"), &ann),
            "a",
            "by name it is the same one"
        );
    }
}

#[test]
fn a_task_claimed_outside_ap_cannot_be_claimed() {
    for (put, without) in [
        (Put::HeldBy("ann"), &["prd.json", "tracker.py"][..]),
        (Put::Held, &["backlog.md", "prd.json", TASKWARRIOR]),
    ] {
        let mut left_out = Vec::new();
        for provider in providers() {
            let world = provider.open(&["a", "b"]);
            if world.put("a", put) {
                assert!(
                    matches!(
                        world.claim(Some("a"), &agent("s", 1)),
                        Ok(Claim::Lost { .. })
                    ),
                    "{}",
                    provider.name
                );
            } else {
                left_out.push(provider.name);
            }
        }
        only_without(&left_out, without);
    }
}

/// What is done behind our back between a look and the claim that follows it.
fn meanwhile(world: &World, put: Put<'_>) -> Option<(String, Option<String>)> {
    assert_eq!(world.settle().0, "work 2", "{}", world.provider.name);
    world.put("a", put).then(|| world.truth("a"))
}

#[test]
fn a_claim_skips_tasks_claimed_or_closed_since_the_last_check() {
    let mut left_out = Vec::new();
    for provider in providers() {
        for put in [Put::Closed, Put::HeldBy("ann")] {
            let world = provider.open(&["a", "b"]);
            let Some(before) = meanwhile(&world, put) else {
                assert!(matches!(put, Put::HeldBy(_)), "{}: {put:?}", provider.name);
                left_out.push(provider.name);
                continue;
            };
            assert_eq!(
                world.take(None, &agent("s", 1)),
                "b",
                "{}: {put:?}",
                provider.name
            );
            assert_eq!(world.truth("a"), before, "{}: {put:?}", provider.name);
        }
    }
    only_without(&left_out, &["prd.json", "tracker.py"]);
}

#[test]
fn a_claim_skips_tasks_deleted_since_the_last_check() {
    let mut left_out = Vec::new();
    for provider in providers() {
        let world = provider.open(&["a", "b"]);
        world.settle();
        if world.put("a", Put::Deleted) {
            assert_eq!(world.take(None, &agent("s", 1)), "b", "{}", provider.name);
        } else {
            left_out.push(provider.name);
        }
    }
    only_without(&left_out, &["BD_BIN"]);
}

#[test]
fn a_claim_on_a_task_closed_meanwhile_never_opens_it() {
    for provider in providers() {
        let world = provider.open(&["a"]);
        world.settle();
        world.put("a", Put::Closed);
        assert_eq!(
            world.claim(None, &agent("s", 1)),
            Ok(Claim::None),
            "{}",
            provider.name
        );
        refused(world.claim(Some("a"), &agent("s", 1)), "closed");
        assert_eq!(world.truth("a").0, "closed", "{}", provider.name);
    }
}

#[test]
fn an_issue_with_open_dependencies_cannot_be_claimed_by_id() {
    for version in VERSIONS {
        let world = super::provider(version).open(&["a", "b"]);
        bd(&world, &["dep", "add", world.id("a"), world.id("b")]);
        refused(world.claim(Some("a"), &agent("s", 1)), "waits for demo-b");
        bd(&world, &["update", world.id("b"), "--status", "deferred"]);
        refused(world.claim(Some("b"), &agent("s", 1)), "deferred");
        assert_eq!(world.claim(None, &agent("s", 1)), Ok(Claim::None));
    }
    let world = super::provider("1.3.0").open(&["a"]);
    bd(&world, &["update", world.id("a"), "--defer", "+2d"]);
    refused(
        world.claim(Some("a"), &agent("s", 1)),
        "is deferred until 2",
    );
}

#[test]
fn an_id_that_looks_like_an_option_is_refused() {
    for provider in providers() {
        let world = provider.open(&["a"]);
        for id in ["--all", "-h", "", "a b", "--claim\n"] {
            for error in [
                world.queue.claim(Some(id), &agent("s", 1)).unwrap_err(),
                world.queue.show(id).unwrap_err(),
                world.queue.close(id, None, "").unwrap_err(),
            ] {
                assert_eq!(
                    error.kind,
                    QueueErrorKind::Rejected,
                    "{}: {error}",
                    provider.name
                );
            }
        }
        assert_eq!(world.status(), "work 1");
    }
}
