//! A task is released by its owner only, and once.
use super::{Put, agent, agent_of, only_without, providers};
use agent_pipelines::model::TaskState;
use agent_pipelines::queue::{Owner, Released};

#[test]
fn a_task_is_released_by_its_owner_only() {
    for provider in providers() {
        let world = provider.open(&["a"]);
        world.take(None, &agent("s", 1));
        let held = world.truth("a");
        for other in [
            agent("s", 2),
            agent_of("s", "r2", 1),
            Owner::user("s"),
            Owner::read(""),
        ] {
            assert_eq!(
                world.release("a", &other, false),
                Ok(Released::NotHeld),
                "{}: {other}",
                provider.name
            );
        }
        assert_eq!(world.truth("a"), held);
        assert_eq!(
            world.release("a", &agent("s", 1), false),
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
            world.release("a", &agent("s", 1), false),
            Ok(Released::NotHeld),
            "{}",
            provider.name
        );
        assert_eq!(
            world.queue.show(world.id("a")).unwrap().state,
            TaskState::Ready
        );
        assert_eq!(world.take(None, &agent("s", 2)), "a", "{}", provider.name);
    }
}

#[test]
fn a_task_deleted_while_held_is_released() {
    let mut left_out = Vec::new();
    for provider in providers() {
        let world = provider.open(&["a", "b"]);
        world.take(Some("a"), &agent("s", 1));
        if world.put("a", Put::Deleted) {
            assert_eq!(
                world.release("a", &agent("s", 1), true),
                Ok(Released::NotHeld),
                "{}",
                provider.name
            );
            assert_eq!(world.take(None, &agent("s", 1)), "b", "{}", provider.name);
        } else {
            left_out.push(provider.name);
        }
    }
    only_without(&left_out, &["BD_BIN"]);
}

#[test]
fn a_task_closed_or_taken_over_meanwhile_is_left_alone() {
    // What holds a task of a file is our own record: a sign that a person puts into the box is not the holder's name.
    let of_files = ["backlog.md", "prd.json"];
    for (put, without) in [
        (Put::Closed, &[][..]),
        (
            Put::HeldBy("ann"),
            &["backlog.md", "prd.json", "tracker.py"],
        ),
        (Put::Open, &of_files),
    ] {
        let mut left_out = Vec::new();
        for provider in providers() {
            let world = provider.open(&["a"]);
            world.take(Some("a"), &agent("s", 1));
            if provider.is_file() && !matches!(put, Put::Closed) || !world.put("a", put) {
                left_out.push(provider.name);
                continue;
            }
            let now = world.truth("a").0;
            assert_eq!(
                world.release("a", &agent("s", 1), true),
                Ok(Released::NotHeld),
                "{}: {put:?}",
                provider.name
            );
            assert_eq!(world.truth("a").0, now, "{}: {put:?}", provider.name);
        }
        only_without(&left_out, without);
    }
}
