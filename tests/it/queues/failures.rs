//! A `bd` that fails: retried where that is safe, else the status is unknown with its message; never done, never twice.
use super::beads::{VERSIONS, calls, forget_calls, world};
use super::{World, agent, lives, run};
use agent_pipelines::clock::wait_until;
use agent_pipelines::plan::{QueueSource, QueueSpec};
use agent_pipelines::queue::{Owner, QueueErrorKind, Released, open, release_and_check};
use agent_pipelines::store::atomic;
use serde_json::{Value, json};

/// Makes calls go wrong: which, how often, and how.
pub(super) fn rules(world: &mut World, rules: &[(&str, Option<u32>, &str)]) {
    let rule = |(command, times, fault): &(&str, Option<u32>, &str)| match times {
        Some(times) => json!({ "command": command, "times": times, "fault": fault }),
        None => json!({ "command": command, "fault": fault }),
    };
    let file = world.stage.at().project.join("../faults.json");
    let _ = fs_err::remove_file(format!("{file}.used"));
    atomic::replace(
        &file,
        Value::from(rules.iter().map(rule).collect::<Vec<_>>())
            .to_string()
            .as_bytes(),
    )
    .expect("rules");
    world.set("FAKE_BD_FAULTS", file.as_str());
}

/// A world in which all is done but one, held by our agent, and calls go wrong.
fn wrong(version: &str, of: &[(&str, Option<u32>, &str)]) -> World {
    let mut world = super::provider(version).world(&[("a", false), ("b", true)]);
    world.take(None, &agent("s", 1));
    rules(&mut world, of);
    world
}

#[test]
fn a_failing_program_makes_the_status_unknown_and_shows_its_text() {
    let faults = [
        ("0.24.4", "rc1", "something went wrong"),
        ("0.47.0", "vanish", "no beads database found"),
        ("0.49.5", "garbage", "it printed no JSON but"),
        ("1.3.0", "truncate", "its JSON breaks off"),
        ("2.0.0", "killed", "signal 9"),
    ];
    for (version, fault, words) in faults {
        let mut world = super::provider(version).world(&[("a", false), ("b", true)]);
        world.take(None, &agent("s", 1));
        for command in ["ready", "list", "show"] {
            // Nothing is ready and all is closed but what we hold: the next to "done" there is.
            rules(&mut world, &[(command, None, fault)]);
            // Else it is asked again and again.
            world.queue.shorten_timeouts();
            let told = if command == "show" {
                world
                    .queue
                    .close(world.id("a"), Some(&agent("s", 1)), "")
                    .unwrap_err()
                    .what
            } else {
                let (status, released) = world.settle();
                assert!(
                    status.starts_with("unknown: ") && released.is_empty(),
                    "{version} {command} {fault}: {status}"
                );
                status
            };
            assert!(told.contains(words), "{version} {command} {fault}: {told}");
            assert_eq!(world.truth("a").0, "held", "{version} {command} {fault}");
        }
    }
}

#[test]
fn a_program_that_is_missing_is_unknown_at_once() {
    let world = world("1.3.0", &["a"]);
    let QueueSource::Beads {
        database, label, ..
    } = world.stage.source()
    else {
        panic!()
    };
    let source = QueueSource::Beads {
        program: "no-such-bd".into(),
        database,
        label,
    };
    let queue = open(&QueueSpec::new(source), &world.stage.at());
    let status = world.words(&release_and_check(&*queue, &run("s", "r1"), &lives, None).status);
    assert!(
        status.contains("cannot call `no-such-bd`") && status.contains("programs:"),
        "{status}"
    );
    assert_eq!(
        queue.claim(None, &agent("s", 1)).unwrap_err().kind,
        QueueErrorKind::Missing
    );
}

#[test]
fn a_program_that_hangs_is_ended_and_unknown() {
    let mut world = wrong("1.3.0", &[("list", None, "hang")]);
    world.spec.timeout_s = 1;
    world.reopen();
    world.queue.shorten_timeouts();
    let (status, _) = world.settle();
    assert!(
        status.contains("did not answer within 1 s and was ended"),
        "{status}"
    );
    let hung = || {
        !agent_pipelines::exec::process::find_tagged(
            "FAKE_BD_FAULTS",
            &world.stage.at().env["FAKE_BD_FAULTS"],
        )
        .is_empty()
    };
    assert!(
        wait_until(crate::project::LIMIT, || !hung()),
        "nothing is left running"
    );
    assert_eq!(world.truth("a").0, "held");
}

#[test]
fn a_temporary_hang_does_not_fail_a_call() {
    let mut world = wrong("1.3.0", &[("list", Some(1), "hang")]);
    world.spec.timeout_s = 1;
    world.reopen();
    assert_eq!(world.settle().0, "work 1");
}

#[test]
fn unrelated_output_of_beads_is_ignored() {
    for fault in ["noise_stdout", "noise_json", "noise_stderr", "sleep_ms:5"] {
        for version in VERSIONS {
            let mut world = super::provider(version).open(&["a", "b", "c"]);
            rules(&mut world, &[("*", None, fault)]);
            assert_eq!(world.take(None, &agent("s", 1)), "a", "{version} {fault}");
            assert_eq!(
                world.release("a", &agent("s", 1), true),
                Ok(Released::Back),
                "{version} {fault}"
            );
            world.take(Some("b"), &agent("s", 2));
            world
                .queue
                .close(world.id("b"), Some(&agent("s", 2)), "")
                .unwrap_or_else(|error| panic!("{version} {fault}: {error}"));
            assert_eq!(world.status(), "work 2", "{version} {fault}");
        }
    }
}

#[test]
fn failed_reads_of_beads_are_retried() {
    for (version, fault) in [
        ("0.47.0", "locked"),
        ("0.49.5", "out_of_sync"),
        ("1.3.0", "rc1"),
        ("0.24.4", "truncate"),
        ("2.0.0", "garbage"),
        ("1.0.5", "killed"),
    ] {
        let times = Some(if fault == "locked" { 3 } else { 1 });
        let world = wrong(
            version,
            &[
                ("list", times, fault),
                ("ready", times, fault),
                ("show", Some(1), fault),
            ],
        );
        assert_eq!(
            world.settle(),
            ("work 1".to_owned(), vec!["a".to_owned()]),
            "{version} {fault}"
        );
        assert_eq!(world.take(None, &agent("s", 2)), "a", "{version} {fault}");
    }
}

/// Counts calls of a kind that `act` makes.
fn count(world: &World, kind: &str, act: impl FnOnce()) -> usize {
    forget_calls(world);
    act();
    calls(world)
        .iter()
        .filter(|call| call.starts_with(kind))
        .count()
}

#[test]
fn a_change_is_made_again_only_while_the_database_is_busy() {
    for (version, busy) in [("0.47.0", "locked"), ("1.3.0", "out_of_sync")] {
        for (fault, tries) in [(busy, 3), ("rc1", 1)] {
            for (command, kind) in [
                ("close", "close"),
                ("update", "update"),
                ("update --claim", "claim"),
            ] {
                let mut world = super::provider(version).open(&["a"]);
                let owner = agent("s", 1);
                let _ = (kind != "claim").then(|| world.take(None, &owner));
                rules(&mut world, &[(command, Some(2), fault)]);
                let made = count(&world, kind, || match kind {
                    "close" => drop(world.queue.close(world.id("a"), Some(&owner), "")),
                    "claim" => drop(world.claim(None, &owner)),
                    _ => drop(world.release("a", &owner, false)),
                });
                assert_eq!(made, tries, "{version} {kind} {fault}");
            }
        }
    }
}

#[test]
fn a_change_with_an_unreadable_answer_is_not_repeated() {
    for version in VERSIONS {
        for fault in ["truncate", "garbage", "killed"] {
            let mut world = super::provider(version).open(&["a", "b"]);
            let owner = agent("s", 1);
            rules(
                &mut world,
                &[("update", None, fault), ("close", None, fault)],
            );
            forget_calls(&world);
            assert_eq!(world.take(None, &owner), "a", "{version} {fault}");
            assert_eq!(
                world.release("a", &owner, false),
                Ok(Released::Back),
                "{version} {fault}"
            );
            assert_eq!(world.truth("a"), ("open".to_owned(), None));
            world.take(Some("b"), &owner);
            world
                .queue
                .close(world.id("b"), Some(&owner), "")
                .unwrap_or_else(|error| panic!("{version} {fault}: {error}"));
            assert_eq!(world.truth("b").0, "closed");
            let changes = calls(&world)
                .into_iter()
                .filter(|call| call == "claim" || call == "close" || call.starts_with("update"));
            assert_eq!(changes.count(), 4, "{version} {fault}");
        }
    }
}

#[test]
fn a_claim_that_failed_leaves_nothing_held() {
    for version in ["0.47.0", "1.3.0"] {
        let world = super::provider(version).open(&["a"]);
        let mut world = world;
        rules(&mut world, &[("update", None, "rc1")]);
        let error = world.claim(None, &agent("s", 1)).unwrap_err();
        assert!(
            error.what.contains("something went wrong"),
            "{version}: {error}"
        );
        assert_eq!(world.truth("a"), ("open".to_owned(), None));
        rules(&mut world, &[]);
        assert_eq!(world.take(None, &agent("s", 2)), "a");
    }
}

#[test]
fn a_release_that_failed_can_be_made_again() {
    for version in ["0.47.0", "1.3.0"] {
        let mut world = wrong(version, &[("update", Some(1), "rc1")]);
        let (status, released) = world.settle();
        assert!(
            status.contains("something went wrong") && released.is_empty(),
            "{version}: {status}"
        );
        assert_eq!(world.truth("a").0, "held");
        world.reopen();
        assert_eq!(
            world.settle(),
            ("work 1".to_owned(), vec!["a".to_owned()]),
            "{version}"
        );
    }
}

#[test]
fn a_database_that_vanishes_ends_in_unknown() {
    for version in VERSIONS {
        let world = super::provider(version).world(&[("a", false), ("b", true)]);
        world.take(None, &agent("s", 1));
        world.stage.vanish();
        let _ = (version != "0.47.0").then(|| world.queue.shorten_timeouts());
        let (status, _) = world.settle();
        assert!(
            status.contains("no beads database found") && status.contains("init --prefix"),
            "{version}: {status}"
        );
        let error = world.claim(None, &Owner::user("ann")).unwrap_err();
        assert!(
            error.what.contains("no beads database found"),
            "{version}: {error}"
        );
    }
}

#[test]
fn custom_statuses_are_read_from_the_configuration() {
    let mut world = super::provider("1.3.0").open(&["a"]);
    super::beads::bd(&world, &["config", "set", "status.custom", "shipped:done"]);
    super::beads::bd(&world, &["update", world.id("a"), "--status", "shipped"]);
    rules(&mut world, &[("config", None, "garbage")]);
    let (status, _) = world.settle();
    assert!(status.starts_with("unknown: "), "{status}");
    for (times, fault) in [(Some(1), "truncate"), (None, "noise_json")] {
        rules(&mut world, &[("config", times, fault)]);
        assert_eq!(world.settle().0, "done 1", "{fault}");
    }
}

#[test]
fn a_locked_database_is_not_retried_once_timeouts_are_short() {
    let world = wrong("1.3.0", &[("*", None, "locked")]);
    world.queue.shorten_timeouts();
    super::beads::forget_calls(&world);
    let error = world.queue.counts(&lives).unwrap_err();
    assert!(error.what.contains("database is locked"), "{error}");
    let calls = super::beads::calls(&world);
    assert!((1..=2).contains(&calls.len()), "{calls:?}");
}
