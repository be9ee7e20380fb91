//! Tasks that fail too often are parked until a user reopens them.
use super::{World, agent, lives, providers, run};
use agent_pipelines::queue::{self, Claim, Owner, QueueErrorKind, Released};

fn fail(world: &World, iteration: u32) -> Released {
    let owner = agent("s", iteration);
    world.take(Some("a"), &owner);
    world.release("a", &owner, true).expect("it is released")
}

#[test]
fn a_task_that_failed_too_often_is_parked_until_it_is_opened_by_hand() {
    for provider in providers() {
        let world = provider.open(&["a"]);
        assert_eq!(
            [1, 2, 3].map(|iteration| fail(&world, iteration)),
            [Released::Back, Released::Back, Released::Parked],
            "{}",
            provider.name
        );
        let counts = world.queue.counts(&lives).unwrap();
        let why = &counts.blocked[0].1;
        assert_eq!(
            why, "was parked after 3 failed attempts; the last one: because",
            "{}",
            provider.name
        );
        assert_eq!(world.settle().0, "stalled 1");
        assert_eq!(
            world.claim(None, &agent("s", 4)),
            Ok(Claim::None),
            "{}",
            provider.name
        );
        let error = world.claim(Some("a"), &agent("s", 4)).unwrap_err();
        assert!(
            error.kind == QueueErrorKind::Rejected && error.what.contains("parked"),
            "{}: {error}",
            provider.name
        );
        assert_eq!(
            world.release("a", &agent("s", 3), false),
            Ok(Released::NotHeld),
            "an agent cannot open it"
        );
        if !provider.is_file() {
            assert_eq!(
                world.truth("a"),
                ("blocked".to_owned(), None),
                "{}",
                provider.name
            );
        }
        assert_eq!(
            world.release("a", &Owner::user("ann"), false),
            Ok(Released::Back),
            "{}",
            provider.name
        );
        assert_eq!(
            world.truth("a"),
            ("open".to_owned(), None),
            "{}",
            provider.name
        );
        assert_eq!(
            fail(&world, 5),
            Released::Back,
            "it has all its attempts again"
        );
    }
}

#[test]
fn attempts_that_never_started_do_not_count_as_failed() {
    for provider in providers() {
        let world = provider.open(&["a"]);
        for iteration in 1..=4 {
            world.take(None, &agent("s", iteration));
            assert_eq!(
                world.release("a", &agent("s", iteration), false),
                Ok(Released::Back),
                "{}",
                provider.name
            );
        }
    }
}

#[test]
fn a_closed_task_forgets_its_failures() {
    for provider in providers() {
        let world = provider.open(&["a"]);
        fail(&world, 1);
        fail(&world, 2);
        world.queue.close(world.id("a"), None, "").unwrap();
        world.put("a", super::Put::Open);
        assert_eq!(fail(&world, 3), Released::Back, "{}", provider.name);
    }
}

#[test]
fn checking_a_queue_counts_the_failed_attempt() {
    for provider in providers() {
        let world = provider.open(&["a", "b"]);
        let settled = [1, 2, 3].map(|iteration| {
            world.take(Some("a"), &agent("s", iteration));
            queue::release_and_check(&*world.queue, &run("s", "r1"), &lives, Some(""))
        });
        let parked =
            settled.map(|settled| (world.names(&settled.released), world.names(&settled.parked)));
        let a = || vec!["a".to_owned()];
        assert_eq!(
            parked,
            [(a(), vec![]), (a(), vec![]), (vec![], a())],
            "{}",
            provider.name
        );
        assert_eq!(world.settle().0, "work 1", "{}", provider.name);
    }
}
