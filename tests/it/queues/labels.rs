//! The label that assigns issues to a session, and how a user sets it.
use super::beads::{VERSIONS, calls, create, forget_calls};
use super::{World, providers};
use agent_pipelines::model::{QueueStatus, Searched};
use agent_pipelines::plan::{QueueSource, QueueSpec};
use agent_pipelines::queue::{LabelTarget, QueueErrorKind, open};

/// A world with these issues that have no label, and one of another session.
fn unlabelled(version: &str, count: usize) -> (World, Vec<String>) {
    let world = super::provider(version).open(&[]);
    let ids = (0..count)
        .map(|_| create(&world, &["-l", "area"]))
        .collect();
    create(&world, &["-l", "pipeline/other"]);
    create(&world, &["-t", "epic"]);
    (world, ids)
}

#[test]
fn every_ready_issue_without_a_session_gets_the_label() {
    for version in VERSIONS {
        let (world, ids) = unlabelled(version, 12);
        assert_eq!(
            world
                .queue
                .label(LabelTarget::AllReady, "pipeline/s")
                .unwrap(),
            ids,
            "{version}"
        );
        assert_eq!(world.status(), "work 12", "{version}");
        assert!(
            world
                .queue
                .label(LabelTarget::AllReady, "pipeline/s")
                .unwrap()
                .is_empty(),
            "{version}"
        );
    }
}

#[test]
fn named_issues_get_the_label() {
    for version in VERSIONS {
        let (world, ids) = unlabelled(version, 3);
        let two = ids[1..].to_vec();
        for _ in 0..2 {
            assert_eq!(
                world
                    .queue
                    .label(LabelTarget::These(&two), "pipeline/s")
                    .unwrap(),
                two,
                "{version}"
            );
        }
        assert_eq!(world.status(), "work 2", "{version}");
        let error = world
            .queue
            .label(LabelTarget::These(&["nope".to_owned()]), "pipeline/s")
            .unwrap_err();
        assert_eq!(error.kind, QueueErrorKind::Rejected, "{version}: {error}");
    }
}

#[test]
fn a_label_that_cannot_be_one_is_refused_with_the_reason() {
    for provider in providers() {
        let world = provider.open(&["a"]);
        let ids = [world.id("a").to_owned()];
        let error = world
            .queue
            .label(LabelTarget::These(&ids), "one,two")
            .unwrap_err();
        assert!(
            error.kind == QueueErrorKind::Rejected && error.what.contains("one,two"),
            "{}: {error}",
            provider.name
        );
        if VERSIONS.contains(&provider.name) {
            assert!(
                error
                    .what
                    .contains("beads takes a comma for the end of a label"),
                "{error}"
            );
            let error = world
                .queue
                .label(LabelTarget::These(&ids), "-x")
                .unwrap_err();
            assert_eq!(error.kind, QueueErrorKind::Rejected, "{error}");
        }
    }
}

#[test]
fn a_failed_label_is_not_retried() {
    let (mut world, ids) = unlabelled("1.3.0", 1);
    super::failures::rules(&mut world, &[("label", None, "rc1")]);
    forget_calls(&world);
    world
        .queue
        .label(LabelTarget::These(&ids), "pipeline/s")
        .unwrap_err();
    assert_eq!(
        calls(&world).iter().filter(|call| *call == "label").count(),
        1,
        "{:?}",
        calls(&world)
    );
}

fn searched(world: &World) -> Searched {
    let status = world
        .queue
        .counts(&super::lives)
        .expect("a counts")
        .status(|| world.queue.searched());
    let QueueStatus::NoItems { looked_for, next } = status else {
        panic!("{status:?}")
    };
    Searched {
        what: looked_for,
        next,
    }
}

#[test]
fn no_tasks_names_what_was_searched_and_the_next_step() {
    let (world, _) = unlabelled("1.3.0", 12);
    let Searched { what, next } = searched(&world);
    assert!(what.contains("the label `pipeline/s`"), "{what}");
    for words in [
        "12 ready tasks without a session's label",
        "ap queue label s --all-ready",
        "ap queue label s ID…",
        "--label NAME",
    ] {
        assert!(next.contains(words), "{next}");
    }
    let Searched { next, .. } = searched(&super::provider("1.3.0").open(&[]));
    assert!(
        next.contains("no ready task") && next.contains("-l pipeline/s"),
        "{next}"
    );
    for (name, what) in [
        ("backlog.md", "/backlog.md"),
        ("prd.json", "/prd.json"),
        (
            "tracker.py",
            "/tracker.json list {id}` prints for the label `s`",
        ),
    ] {
        let world = super::provider(name).open(&[]);
        let Searched { what: said, next } = searched(&world);
        assert!(
            said.ends_with(what) && next.starts_with("add a task "),
            "{name}: {said}: {next}"
        );
    }
}

#[test]
fn without_a_label_every_issue_is_used() {
    let (world, _) = unlabelled("0.47.0", 2);
    let QueueSource::Beads {
        program, database, ..
    } = world.stage.source()
    else {
        panic!()
    };
    let queue = open(
        &QueueSpec::new(QueueSource::Beads {
            program,
            database,
            label: None,
        }),
        &world.stage.at(),
    );
    assert_eq!(queue.next().unwrap().len(), 3);
}
