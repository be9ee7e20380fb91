//! Tasks that a runner releases: its own, those of dead runs of its session, and others only when no other work is
//! left.
use super::{agent, agent_of, lives, providers, run};
use agent_pipelines::clock;
use agent_pipelines::exec::process;
use agent_pipelines::model::SessionName;
use agent_pipelines::queue::{self, Owner, liveness, register_run};
use agent_pipelines::store::atomic;
use agent_pipelines::store::layout::Project;
use agent_pipelines::store::lock::{Holder, SessionLock};

#[test]
fn checking_releases_only_tasks_of_ended_agents_of_the_session() {
    for provider in providers() {
        let world = provider.open(&["ours", "earlier", "others", "dead", "ann", "free"]);
        let owners = [
            ("ours", agent("s", 1)),
            ("earlier", agent_of("s", "r0", 1)),
            ("others", agent("live", 1)),
            ("dead", agent("dead", 1)),
            ("ann", Owner::user("ann")),
        ];
        owners
            .iter()
            .for_each(|(name, owner)| drop(world.take(Some(name), owner)));
        assert_eq!(
            world.settle(),
            (
                "work 3".to_owned(),
                vec!["earlier".to_owned(), "ours".to_owned()]
            ),
            "{}",
            provider.name
        );
        for name in ["ours", "earlier"] {
            assert_eq!(
                world.truth(name),
                ("open".to_owned(), None),
                "{}: {name}",
                provider.name
            );
        }
        assert_eq!(
            world.settle(),
            ("work 3".to_owned(), vec![]),
            "{}: once more",
            provider.name
        );
        for name in ["ours", "earlier", "free"] {
            world.take(Some(name), &Owner::user("bob"));
        }
        let (status, released) = world.settle();
        assert_eq!(
            (status.as_str(), released),
            ("work 1", vec!["dead".to_owned()]),
            "{}: nothing else is left to do",
            provider.name
        );
        world.take(Some("dead"), &Owner::user("bob"));
        assert_eq!(
            world.settle(),
            ("wait 6".to_owned(), vec![]),
            "{}",
            provider.name
        );
    }
}

#[test]
fn a_claim_of_an_older_version_without_a_run_is_released_by_any_run() {
    for provider in providers() {
        let world = provider.open(&["a"]);
        world.take(None, &Owner::read("pipeline/s/7"));
        assert_eq!(
            world.settle(),
            ("work 1".to_owned(), vec!["a".to_owned()]),
            "{}",
            provider.name
        );
    }
}

/// A session of a project that is running as far as anybody can see.
fn running(project: &Project, session: &SessionName, run: &str) -> SessionLock {
    fs_err::create_dir_all(project.locks()).expect("a folder");
    let process = process::current();
    let holder = Holder {
        session: session.clone(),
        pid: process.pid,
        started_at: clock::now(),
        process,
        is_brief: false,
    };
    let lock = SessionLock::try_acquire(&project.lock(session), &holder)
        .expect("a lock")
        .expect("it is unowned");
    let dir = project.session(session);
    fs_err::create_dir_all(dir.root()).expect("a folder");
    let plan = serde_json::json!({ "session": session, "run": run });
    atomic::replace(&dir.plan(), plan.to_string().as_bytes()).expect("a plan");
    lock
}

#[test]
fn a_run_that_joined_is_alive_while_its_session_runs() {
    for provider in providers() {
        let world = provider.open(&["a", "b"]);
        let (session, theirs): (SessionName, _) = ("other".parse().unwrap(), run("other", "r5"));
        let project = Project::new(world.stage.at().project);
        let lock = running(&project, &session, "r5");
        register_run(&*world.queue, &session, &theirs.run, &project).unwrap();
        world.take(Some("a"), &agent_of("other", "r5", 1));
        world.take(Some("b"), &agent_of("other", "r4", 9));
        let settle = || {
            queue::release_and_check(
                &*world.queue,
                &run("s", "r1"),
                &liveness(&*world.queue),
                None,
            )
        };
        let settled = settle();
        assert_eq!(
            (world.words(&settled.status), world.names(&settled.released)),
            ("work 1".into(), vec!["b".into()]),
            "{}",
            provider.name
        );
        world.take(Some("b"), &Owner::user("ann"));
        assert_eq!(world.words(&settle().status), "wait 2", "{}", provider.name);
        drop(lock);
        assert_eq!(world.names(&settle().released), ["a"], "{}", provider.name);
    }
}

#[test]
fn owners_count_as_alive_while_the_queue_cannot_be_found() {
    for name in ["backlog.md", "prd.json"] {
        let world = super::provider(name).open(&["a"]);
        world.stage.vanish();
        assert!(liveness(&*world.queue)(&agent("other", 1)), "{name}");
        assert!(!liveness(&*world.queue)(&Owner::read("")), "{name}");
    }
}

#[test]
fn checking_a_queue_without_leftovers_changes_nothing() {
    for provider in providers() {
        let world = provider.world(&[("a", false), ("b", true)]);
        world.take(None, &agent("live", 1));
        let before = world.truth("a");
        assert_eq!(
            world.settle(),
            ("wait 1".to_owned(), vec![]),
            "{}",
            provider.name
        );
        assert_eq!(
            (world.truth("a"), world.queue.counts(&lives).unwrap().total),
            (before, 2),
            "{}",
            provider.name
        );
    }
}
