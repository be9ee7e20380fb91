//! Closing is final, repeatable and the holder's alone.
use super::beads::{VERSIONS, bd};
use super::{Put, agent, providers};
use agent_pipelines::model::TaskState;
use agent_pipelines::queue::{Owner, QueueErrorKind};

#[test]
fn closing_is_final_repeatable_and_the_holder_s_alone() {
    for provider in providers() {
        let world = provider.open(&["a", "b"]);
        let (one, two, id) = (agent("s", 1), agent("s", 2), world.id("a"));
        world.take(Some("a"), &one);
        let held = world.truth("a");
        for other in [&two, &Owner::user("ann")] {
            let error = world.queue.close(id, Some(other), "").unwrap_err();
            assert!(
                error.kind == QueueErrorKind::Rejected && error.what.contains("pipeline/s/r1/1"),
                "{}: {error}",
                provider.name
            );
        }
        assert_eq!(world.truth("a"), held, "{}", provider.name);
        for owner in [Some(&one), Some(&one), Some(&two), None] {
            world
                .queue
                .close(id, owner, "it's \"done\"")
                .unwrap_or_else(|error| panic!("{}: {error}", provider.name));
        }
        assert!(
            world
                .closings()
                .is_none_or(|closings| closings.get(id) == Some(&1)),
            "{}",
            provider.name
        );
        let task = world.queue.show(id).unwrap();
        assert_eq!((task.state, task.owner), (TaskState::Closed, None));
        world.take(Some("b"), &one);
        world
            .queue
            .close(world.id("b"), None, "a person may")
            .unwrap();
        assert_eq!(
            world.settle(),
            ("done 2".to_owned(), Vec::new()),
            "{}",
            provider.name
        );
    }
}

#[test]
fn a_free_task_can_be_closed_and_a_missing_one_cannot() {
    for provider in providers() {
        let world = provider.open(&["a"]);
        assert_eq!(
            world.queue.close("nope", None, "").unwrap_err().kind,
            QueueErrorKind::Rejected,
            "{}",
            provider.name
        );
        world
            .queue
            .close(world.id("a"), Some(&agent("s", 1)), "")
            .unwrap();
        assert_eq!(world.truth("a").0, "closed", "{}", provider.name);
    }
}

#[test]
fn a_reopened_task_can_be_claimed_again() {
    for provider in providers() {
        let world = provider.open(&["a"]);
        world.take(None, &agent("s", 1));
        world.queue.close(world.id("a"), None, "").unwrap();
        world.put("a", Put::Open);
        assert_eq!(world.take(None, &agent("s", 2)), "a", "{}", provider.name);
    }
}

#[test]
fn an_issue_with_open_dependencies_is_not_closed_where_bd_refuses_it() {
    for version in VERSIONS
        .into_iter()
        .filter(|version| !["0.24.4", "0.29.0", "0.46.0"].contains(version))
    {
        let world = super::provider(version).open(&["a", "b"]);
        bd(&world, &["dep", "add", world.id("a"), world.id("b")]);
        let error = world.queue.close(world.id("a"), None, "").unwrap_err();
        assert!(
            error.kind == QueueErrorKind::Rejected && error.what.contains("blocked by"),
            "{version}: {error:?}"
        );
        assert_eq!(world.truth("a").0, "open", "{version}");
        world.queue.close(world.id("b"), None, "").unwrap();
        world.queue.close(world.id("a"), None, "").unwrap();
    }
}
