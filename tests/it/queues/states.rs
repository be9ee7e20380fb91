//! Every state of a queue, its status, and what a check changes in it.
use super::beads::{LABEL, VERSIONS, bd, create};
use super::{Provider, Put, TASKWARRIOR, World, agent, agent_of, providers};
use agent_pipelines::queue::Owner;

/// A state: its name, its tasks, how a test creates it (false where it cannot), and its status before and after a check.
type State = (
    &'static str,
    &'static [(&'static str, bool)],
    fn(&World) -> bool,
    &'static str,
    &'static str,
);

const A: &[(&str, bool)] = &[("a", false)];
const TWO: &[(&str, bool)] = &[("a", false), ("b", false)];

fn held_by(world: &World, name: &str, owner: &Owner) -> bool {
    world.take(Some(name), owner) == name
}

const STATES: [State; 17] = [
    ("nothing", &[], |_| true, "no items", "no items"),
    ("one open", A, |_| true, "work 1", "work 1"),
    (
        "held by a live agent",
        A,
        |world| held_by(world, "a", &agent("live", 1)),
        "wait 1",
        "wait 1",
    ),
    (
        "held by a dead agent",
        A,
        |world| held_by(world, "a", &agent("dead", 1)),
        "stale a",
        "work 1",
    ),
    (
        "held by a dead agent of an earlier run",
        A,
        |world| held_by(world, "a", &agent_of("s", "r0", 1)),
        "stale a",
        "work 1",
    ),
    (
        "held by a person through ap",
        A,
        |world| held_by(world, "a", &Owner::user("ann")),
        "wait 1",
        "wait 1",
    ),
    (
        "held by a person",
        A,
        |world| world.put("a", Put::HeldBy("ann")),
        "wait 1",
        "wait 1",
    ),
    (
        "in progress, unowned",
        A,
        |world| world.put("a", Put::Held),
        "stale a",
        "work 1",
    ),
    (
        "held by an agent, as the tracker alone knows",
        A,
        |world| by_itself(world, "pipeline/dead/r1/1"),
        "stale a",
        "work 1",
    ),
    (
        "blocked",
        A,
        |world| world.put("a", Put::Blocked),
        "stalled 1",
        "stalled 1",
    ),
    (
        "held by both kinds",
        TWO,
        |world| held_by(world, "a", &agent("live", 1)) && held_by(world, "b", &agent("dead", 1)),
        "stale b",
        "work 1",
    ),
    (
        "held and ready",
        TWO,
        |world| held_by(world, "a", &agent("dead", 1)),
        "work 1",
        "work 1",
    ),
    (
        "held and blocked",
        TWO,
        |world| held_by(world, "a", &agent("live", 1)) && world.put("b", Put::Blocked),
        "wait 1",
        "wait 1",
    ),
    (
        "all closed",
        &[("a", true), ("b", true)],
        |_| true,
        "done 2",
        "done 2",
    ),
    (
        "closed while held",
        A,
        |world| held_by(world, "a", &agent("dead", 1)) && world.put("a", Put::Closed),
        "done 1",
        "done 1",
    ),
    (
        "opened again",
        &[("a", true), ("b", true)],
        |world| world.put("a", Put::Open),
        "work 1",
        "work 1",
    ),
    (
        "opened again after a claim",
        A,
        |world| held_by(world, "a", &agent("dead", 1)) && reopened(world),
        "work 1",
        "work 1",
    ),
];

/// An agent that went past ap, or whose runner died between two calls.
fn by_itself(world: &World, owner: &str) -> bool {
    !world.provider.is_file() && world.put("a", Put::HeldBy(owner))
}

fn reopened(world: &World) -> bool {
    world.queue.close(world.id("a"), None, "").is_ok() && world.put("a", Put::Open)
}

/// Checks every state a provider can take, and returns those it cannot.
#[track_caller]
fn check(provider: Provider, states: &[State]) -> Vec<&'static str> {
    let mut left_out = Vec::new();
    for &(name, tasks, come_about, before, after) in states {
        let world = provider.world(tasks);
        if come_about(&world) {
            assert_eq!(world.status(), before, "{}: {name}", provider.name);
            assert_eq!(
                world.settle().0,
                after,
                "{}: {name}, settled",
                provider.name
            );
        } else {
            left_out.push(name);
        }
    }
    left_out
}

/// What a tracker has no words for.
fn cannot(provider: Provider) -> &'static [&'static str] {
    match provider.name {
        "backlog.md" => &[
            "in progress, unowned",
            "held by an agent, as the tracker alone knows",
        ],
        "prd.json" => &[
            "held by a person",
            "in progress, unowned",
            "held by an agent, as the tracker alone knows",
            "blocked",
            "held and blocked",
        ],
        "tracker.py" => &[
            "held by a person",
            "held by an agent, as the tracker alone knows",
        ],
        TASKWARRIOR => &["in progress, unowned"],
        _ => &[],
    }
}

#[test]
fn every_state_has_its_verdict() {
    for provider in providers() {
        assert_eq!(
            check(provider, &STATES),
            cannot(provider),
            "{}",
            provider.name
        );
    }
}

#[test]
fn a_queue_that_is_not_there_is_unknown() {
    for provider in providers() {
        let world = provider.world(&[("a", true)]);
        world.stage.vanish();
        // Else bd is asked again and again.
        world.queue.shorten_timeouts();
        let (status, released) = world.settle();
        assert!(
            status.starts_with("unknown: ") && status.contains("; ") && released.is_empty(),
            "{}: {status}",
            provider.name
        );
    }
}

#[test]
fn no_default_limit_cuts_what_is_seen() {
    for provider in providers() {
        for count in [12, 13, 51, 120]
            .into_iter()
            .filter(|count| *count == 13 || provider.name != "BD_BIN")
        {
            let world = provider.many(count);
            assert_eq!(world.status(), format!("work {count}"), "{}", provider.name);
            assert_eq!(
                world.queue.next().unwrap().len(),
                count,
                "{}",
                provider.name
            );
        }
        let closed: Vec<String> = (0..60).map(|n| format!("n{n}")).collect();
        let world = provider.world(
            &closed
                .iter()
                .map(|name| (name.as_str(), true))
                .collect::<Vec<_>>(),
        );
        assert_eq!(world.settle().0, "done 60", "{}", provider.name);
    }
}

fn update(world: &World, words: &[&str]) -> bool {
    bd(world, &[&["update", world.id("a")], words].concat()).code == 0
}

fn waits(world: &World) -> bool {
    let other = create(world, &["-l", "other"]);
    bd(world, &["dep", "add", world.id("a"), &other]).code == 0
}

fn custom(world: &World, status: &str) -> bool {
    bd(
        world,
        &[
            "config",
            "set",
            "status.custom",
            "in_review:active,shipped:done",
        ],
    )
    .code
        == 0
        && update(world, &["--status", status])
}

const OF_BEADS: [State; 9] = [
    (
        "only other labels",
        &[],
        |world| !create(world, &["-l", "other"]).is_empty(),
        "no items",
        "no items",
    ),
    (
        "waits for an issue of another label",
        A,
        waits,
        "stalled 1",
        "stalled 1",
    ),
    (
        "open but assigned to another",
        A,
        |world| update(world, &["--assignee", "ann"]),
        "stalled 1",
        "stalled 1",
    ),
    (
        "open but assigned to a dead agent",
        A,
        |world| update(world, &["--assignee", "pipeline/dead/r1/1"]),
        "stale a",
        "work 1",
    ),
    (
        "deferred",
        A,
        |world| update(world, &["--status", "deferred"]),
        "stalled 1",
        "stalled 1",
    ),
    (
        "hooked by a dead agent",
        A,
        |world| {
            update(
                world,
                &["--status", "hooked", "--assignee", "pipeline/dead/r1/1"],
            )
        },
        "stale a",
        "work 1",
    ),
    (
        "pinned",
        TWO,
        |world| update(world, &["--status", "pinned"]) && world.put("b", Put::Closed),
        "done 1",
        "done 1",
    ),
    (
        "all closed but an epic",
        &[("a", true)],
        |world| !create(world, &["-t", "epic", "-l", LABEL]).is_empty(),
        "done 1",
        "done 1",
    ),
    (
        "an epic and nothing else",
        &[],
        |world| !create(world, &["-t", "epic", "-l", LABEL]).is_empty(),
        "no items",
        "no items",
    ),
];

/// Since 1.0 a custom status says what it means; `--defer` hides since 0.47.
const OF_NEW_BEADS: [State; 3] = [
    (
        "custom and done",
        A,
        |world| custom(world, "shipped"),
        "done 1",
        "done 1",
    ),
    (
        "custom and not done",
        A,
        |world| custom(world, "in_review"),
        "stalled 1",
        "stalled 1",
    ),
    (
        "deferred until",
        A,
        |world| update(world, &["--defer", "+2d"]),
        "stalled 1",
        "stalled 1",
    ),
];

#[test]
fn every_state_of_beads_has_its_verdict() {
    for version in VERSIONS {
        assert!(
            check(super::provider(version), &OF_BEADS).is_empty(),
            "{version}"
        );
    }
    for version in ["1.0.5", "1.3.0", "2.0.0"] {
        assert!(
            check(super::provider(version), &OF_NEW_BEADS).is_empty(),
            "{version}"
        );
    }
}

#[test]
fn a_stalled_queue_names_each_blocked_task_with_its_reason() {
    let why = |come_about: fn(&World) -> bool| {
        let world = super::provider("1.3.0").open(&["a"]);
        assert!(come_about(&world));
        world
            .queue
            .counts(&super::lives)
            .unwrap()
            .blocked
            .remove(0)
            .1
    };
    assert!(why(waits).starts_with("waits for demo-"), "{}", why(waits));
    assert_eq!(
        why(|world| update(world, &["--assignee", "ann"])),
        "is assigned to ann"
    );
    assert_eq!(
        why(|world| update(world, &["--status", "blocked"])),
        "has the status `blocked`"
    );
    assert_eq!(
        why(|world| custom(world, "in_review")),
        "has the status `in_review`"
    );
    let deferred = why(|world| update(world, &["--defer", "+2d"]));
    assert!(deferred.starts_with("is deferred until 2"), "{deferred}");
}
