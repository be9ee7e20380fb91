//! Versions of `bd` that are too old, or newer than any we know.
use super::beads::{calls, forget_calls, world};
use super::{World, agent};

fn of(version: &str) -> World {
    let mut world = world("1.3.0", &["a", "b"]);
    world.set("FAKE_BD_VERSION", version);
    world
}

#[test]
fn a_newer_version_is_remarked_once_and_works_like_the_newest() {
    let world = of("9.9.9");
    assert_eq!(world.settle().0, "work 2");
    assert_eq!(world.take(None, &agent("s", 1)), "a");
    world
        .queue
        .close(world.id("a"), Some(&agent("s", 1)), "")
        .unwrap();
    world.take(None, &agent("s", 1));
    let remarks = world.queue.remarks();
    assert_eq!(
        remarks,
        ["bd 9.9.9 is newer than any this ap knows; it is treated like 1.3"]
    );
    world.take(None, &agent("s", 1));
    assert!(world.queue.remarks().is_empty(), "each remark once");
}

#[test]
fn a_version_that_is_too_old_is_unknown_and_nothing_is_tried() {
    let world = of("0.20.1");
    forget_calls(&world);
    let (status, _) = world.settle();
    assert!(
        status.contains("bd 0.20.1 is too old") && status.contains("install a newer bd"),
        "{status}"
    );
    assert!(
        world
            .queue
            .claim(None, &agent("s", 1))
            .unwrap_err()
            .what
            .contains("too old")
    );
    assert!(
        world
            .queue
            .close(world.id("a"), None, "")
            .unwrap_err()
            .what
            .contains("too old")
    );
    assert_eq!(calls(&world), ["version"; 3]);
}

#[test]
fn the_version_is_asked_once() {
    let world = of("1.0.5");
    forget_calls(&world);
    for iteration in 1..=2 {
        world.settle();
        world.take(None, &agent("s", iteration));
    }
    assert_eq!(
        calls(&world)
            .iter()
            .filter(|call| *call == "version")
            .count(),
        1
    );
}
