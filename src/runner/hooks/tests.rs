//! Hooks that only observe a session: how many wait, and what a second runner makes of the log.
use super::call::HookPlace;
use super::observer::HookObserver;
use crate::clock;
use crate::model::{Env, Event, HookEvent, HookMoment, HookRun, WaitReason};
use crate::notify::outbox::{Folder, Outbox};
use crate::plan::{Hook, HookAction, HookSource, HookWhen, OnHookFailure};
use crate::plans::plan;
use crate::runner::env::RunnerEnv;
use crate::store::layout::{Project, StateFile};
use crate::store::session::Session;
use crate::store::{atomic, beneath};
use crate::workspace::Workspace;
use camino::Utf8PathBuf;
use jiff::Timestamp;

struct World {
    _folder: tempfile::TempDir,
    root: Utf8PathBuf,
    env: RunnerEnv,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        let vars: Env = [
            ("HOME".to_owned(), root.to_string()),
            ("PATH".to_owned(), path),
        ]
        .into_iter()
        .collect();
        let workspace = Workspace::in_place(Project::new(root.clone()));
        Self {
            _folder: folder,
            env: RunnerEnv::new(workspace, root.join("ap"), vars),
            root,
        }
    }

    /// Returns a new session that runs a script at each wait.
    fn session(&self, script: &str) -> Session {
        let mut plan = plan();
        plan.hooks = vec![hook_at_wait(script)];
        let dir = Project::new(self.root.clone()).session(&plan.session);
        Session::create(dir, &plan, None, clock::now()).unwrap()
    }

    fn attach(&self, session: &mut Session) {
        let observer = HookObserver::new(session, &self.env).unwrap();
        session
            .attach(observer.expect("it has such hooks"))
            .unwrap();
    }

    fn log(&self, session: &str) -> String {
        let dir = Project::new(self.root.clone()).session(&session.parse().unwrap());
        fs_err::read_to_string(dir.hooks()).unwrap_or_default()
    }
}

/// Returns a hook that runs a script at each wait.
fn hook_at_wait(script: &str) -> Hook {
    Hook {
        event: HookEvent::Wait,
        action: HookAction::Command(["sh", "-c", script].map(str::to_owned).into()),
        when: HookWhen::default(),
        timeout_s: 60,
        on_failure: OnHookFailure::Note,
        awaited: false,
        of: HookSource::Config,
    }
}

fn wait(session: &mut Session) {
    let reason = WaitReason::Delay;
    let until = Timestamp::MAX;
    session
        .append(Event::WaitStarted { reason, until }, clock::now())
        .unwrap();
}

#[test]
fn a_thousand_events_at_once_hold_up_nothing_and_all_are_recorded() {
    let world = World::new();
    let gate = world.root.join("gate");
    atomic::replace(&gate, b"").unwrap();
    let mut session = world.session(&format!("while [ -e {gate} ]; do sleep 0.01; done"));
    world.attach(&mut session);
    for _ in 0..1_000 {
        wait(&mut session);
    }
    session.sync().unwrap();
    let name = session.plan.session.to_string();
    fs_err::remove_file(&gate).unwrap();
    drop(session);
    let log = world.log(&name);
    let recorded = |text: &str| log.matches(text).count();
    assert_eq!(recorded("\"input\":"), 1_000);
    assert_eq!(recorded("too many hooks wait"), 800);
    assert!(
        0 < recorded("\"exit\":{\"code\":0}"),
        "the others run in turn"
    );
}

#[test]
fn what_a_dead_runner_left_runs_again_once_and_a_torn_line_harms_nothing() {
    let world = World::new();
    let noted = world.root.join("noted");
    let mut session = world.session(&format!("cat >>{noted}"));
    world.attach(&mut session);
    wait(&mut session);
    session.sync().unwrap();
    let (dir, name) = (session.dir.clone(), session.plan.session.to_string());
    drop(session);
    let log = world.log(&name);
    let begun = log.lines().next().expect("a beginning").to_owned();
    // Its runner died before it recorded the end, and before it stored its position.
    fs_err::remove_file(&noted).unwrap();
    beneath::remove_file(&dir.observer_position("hooks")).unwrap();
    atomic::replace(&dir.hooks(), format!("{begun}\n{{\"at\":\"20").as_bytes()).unwrap();
    let mut session = Session::open(dir, None).unwrap();
    world.attach(&mut session);
    drop(session);
    let told = fs_err::read_to_string(&noted).unwrap();
    assert_eq!(told.matches("\"again\":true").count(), 1, "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
}

#[test]
fn a_message_that_is_sent_again_after_a_crash_is_one_message() {
    let world = World::new();
    let config = world.env.dirs.config.clone();
    fs_err::create_dir_all(&config).unwrap();
    let text = "notify:\n  channels: {own: {type: command, command: [\"true\"]}, other: {type: command, command: [\"true\"]}}\n  rules: [{events: [message], to: [own, other]}]\n";
    atomic::replace(&config.join("config.yaml"), text.as_bytes()).unwrap();
    let plan = plan();
    let place = HookPlace::new(&world.env, &plan);
    let hook = Hook {
        action: HookAction::Message("Look".to_owned()),
        ..hook_at_wait("exit 0")
    };
    let event = serde_json::json!({ "run": plan.run, "session": plan.session });
    let run = |number| HookRun {
        hook: 0,
        moment: HookMoment {
            event: HookEvent::Wait,
            node: 0,
            number,
        },
        tries: 1,
    };
    let outbox = Outbox::new(&world.env.dirs);
    let waiting = || {
        let ids = outbox.read(Folder::Waiting).unwrap().into_iter();
        ids.map(|message| message.id).collect::<Vec<_>>()
    };
    assert!(place.call(&hook, event.clone(), run(1)).exit.succeeded());
    let first = waiting();
    assert_eq!(first.len(), 2);
    // Its runner died before it put the second one there.
    let lost = world
        .env
        .dirs
        .state_file(StateFile::Outbox)
        .join("waiting")
        .join(format!("{}.json", first[1]));
    beneath::remove_file(&lost).unwrap();
    assert!(place.call(&hook, event.clone(), run(1)).exit.succeeded());
    assert_eq!(waiting().len(), 2);
    assert!(waiting().contains(&first[0]));
    assert!(place.call(&hook, event, run(2)).exit.succeeded());
    assert_eq!(waiting().len(), 4, "another moment");
}

#[test]
fn facts_from_before_a_session_had_hooks_start_none() {
    let world = World::new();
    let mut session = world.session("exit 0");
    let (dir, name) = (session.dir.clone(), session.plan.session.to_string());
    let cursor = session.state().current.next_attempt();
    let began = Event::IterationStarted {
        cursor,
        fallback: 0,
        agent: "claude:opus".to_owned(),
    };
    session.append(began, clock::now()).unwrap();
    wait(&mut session);
    session.sync().unwrap();
    drop(session);
    let mut session = Session::open(dir, None).unwrap();
    world.attach(&mut session);
    assert_eq!(world.log(&name), "");
    wait(&mut session);
    session.sync().unwrap();
    drop(session);
    assert_eq!(world.log(&name).lines().count(), 2);
}
