//! Property tests: in random worlds with a crash after any line, every invariant of the fleet holds.
mod check;
pub(super) mod dice;
mod session;
mod world;

use super::{
    Desired, DesiredState, Fitness, FleetRequest, Input, ProjectStatus, Registration, SessionEnd,
    StopHow,
};
use crate::model::{ProcessId, ProjectId};
use jiff::SignedDuration;
use session::SimSession;
use world::World;

/// How many worlds there are in a run.
const WORLDS: u64 = 10_000;

/// In parts, which run side by side.
fn every_invariant_holds(part: usize) {
    for seed in (0..WORLDS).skip(part).step_by(4) {
        let lived = std::panic::catch_unwind(|| live(seed));
        assert!(lived.is_ok(), "in world {seed}");
    }
}

#[test]
fn every_invariant_holds_in_random_worlds_with_a_crash_after_any_line() {
    every_invariant_holds(0);
}

#[test]
fn every_invariant_holds_in_a_second_quarter_of_the_worlds() {
    every_invariant_holds(1);
}

#[test]
fn every_invariant_holds_in_a_third_quarter_of_the_worlds() {
    every_invariant_holds(2);
}

#[test]
fn every_invariant_holds_in_the_last_quarter_of_the_worlds() {
    every_invariant_holds(3);
}

/// Returns the input of a supervisor that comes up.
pub(super) fn started() -> Input {
    Input::Started {
        process: ProcessId {
            pid: 1,
            start_ticks: 0,
            boot_id: String::new(),
            host: String::new(),
            namespace: None,
        },
        version: "1".to_owned(),
    }
}

fn live(seed: u64) {
    let mut world = World::new(seed);
    world.start();
    for _ in 0..3 {
        register(&mut world);
    }
    for _ in 0..25 {
        if world.dice.one_in(4) {
            let lines = world.dice.below(4);
            world.die_after(lines);
        }
        happen(&mut world);
        world.check_fences();
        if !world.clock_was_set {
            world.check_clocks();
        }
    }
    heal(&mut world);
}

/// Something happens, as rolled.
fn happen(world: &mut World) {
    match world.dice.below(20) {
        0..5 => {
            let seconds = 1 + world.dice.below(8 * 3600);
            world.pass(SignedDuration::from_secs(
                i64::try_from(seconds).unwrap_or(1),
            ));
            wake(world);
        }
        5..12 => sessions_act(world),
        12 => register(world),
        13 => in_the_registry(world),
        14..17 => you_ask(world),
        17 => something_breaks(world),
        18 => you_start_or_stop_a_session(world),
        _ => you_start_or_stop_the_supervisor(world),
    }
}

/// Anything wakes the supervisor.
fn wake(world: &mut World) {
    if world.is_up() {
        let desired = world.state.desired.clone();
        let desired = desired.unwrap_or_else(|| desired_now(world, DesiredState::Run));
        world.handle(&Input::Desired(desired));
    }
}

fn desired_now(world: &World, state: DesiredState) -> Desired {
    Desired {
        state,
        by: "you".to_owned(),
        at: world.now,
    }
}

fn pick(world: &mut World) -> Option<ProjectId> {
    let projects = world.projects();
    world.dice.pick(&projects).cloned()
}

/// Runners do something, and the supervisor notices it at once, or later.
fn sessions_act(world: &mut World) {
    for project in world.projects() {
        let now = world.now;
        let mut dice = world.dice.clone();
        if let Some(session) = world.sessions.get_mut(&project)
            && session.digest.alive
        {
            session.act(&mut dice, now);
        }
        world.dice = dice;
        if world.is_up() && !world.dice.one_in(5) {
            notice(world, &project);
        }
    }
    wake(world);
}

fn notice(world: &mut World, project: &ProjectId) {
    if let Some(session) = world.sessions.get(project) {
        let digest = session.digest.clone();
        let project = project.clone();
        world.handle(&Input::Session { project, digest });
    }
}

fn register(world: &mut World) {
    if 5 <= world.registry.len() {
        return;
    }
    let number = world.dice.below(1_000);
    let Ok(project) = format!("p{number}").parse::<ProjectId>() else {
        return;
    };
    let registration = Registration {
        root: format!("/{project}").into(),
        weight: 1 + u32::try_from(world.dice.below(3)).unwrap_or(0),
        project,
    };
    put(world, registration);
}

fn put(world: &mut World, registration: Registration) {
    let id = registration.project.clone();
    world.registry.insert(id, registration.clone());
    if world.is_up() {
        world.handle(&Input::Registered(registration));
    }
}

fn in_the_registry(world: &mut World) {
    let Some(project) = pick(world) else { return };
    if world.dice.one_in(2) {
        world.registry.remove(&project);
        if world.is_up() {
            world.handle(&Input::Removed { project });
        }
    } else if let Some(mut registration) = world.registry.get(&project).cloned() {
        registration.root = format!("/moved/{project}").into();
        registration.weight = 1 + u32::try_from(world.dice.below(4)).unwrap_or(0);
        put(world, registration);
    }
}

fn you_ask(world: &mut World) {
    let Some(project) = pick(world) else { return };
    let by = "you".to_owned();
    let until = world
        .dice
        .one_in(2)
        .then(|| world.now + SignedDuration::from_hours(3));
    let asked = world.state.projects.get(&project);
    let asked = asked.map_or(0, |project| project.questions);
    let request = match world.dice.below(8) {
        0..2 => FleetRequest::Resume { project, by },
        2 => FleetRequest::Answer {
            project,
            // Sometimes one that was answered before.
            question: asked.saturating_sub(u32::from(world.dice.one_in(4))),
            resume: world.dice.one_in(2),
            by,
        },
        3 => FleetRequest::PauseAll { until, by },
        4 => FleetRequest::ContinueAll { by },
        _ => FleetRequest::Pause {
            project,
            until,
            now: world.dice.one_in(2),
            by,
        },
    };
    if world.is_up() {
        world.handle(&Input::Request(request));
    }
}

fn something_breaks(world: &mut World) {
    let Some(project) = pick(world) else { return };
    match world.dice.below(5) {
        0 => {
            let reason = "its directory does not exist".to_owned();
            world.fitness.insert(project, Fitness::Unfit { reason });
        }
        1 => {
            let free = "1 GB".to_owned();
            world.fitness.insert(project, Fitness::DiskLow { free });
        }
        2 => drop(world.fitness.remove(&project)),
        3 => {
            world.clock_was_set = true;
            world.now -= SignedDuration::from_hours(30);
        }
        _ => {
            let open = u32::try_from(world.dice.below(4)).unwrap_or(0);
            if world.is_up() {
                world.handle(&Input::OpenTasks { project, open });
            }
        }
    }
    wake(world);
}

fn you_start_or_stop_a_session(world: &mut World) {
    let Some(project) = pick(world) else { return };
    let session = world.sessions.entry(project.clone());
    let session = session.or_insert_with(SimSession::new);
    if session.digest.alive {
        session.end(SessionEnd::Stopped {
            by: "ap stop".to_owned(),
        });
    } else {
        session.launch(None);
    }
    if world.is_up() {
        notice(world, &project);
    }
}

fn you_start_or_stop_the_supervisor(world: &mut World) {
    if world.is_up() {
        let stop = desired_now(world, DesiredState::Stop);
        world.handle(&Input::Desired(stop));
        let how = [StopHow::Now, StopHow::Drain, StopHow::Leave];
        let how = world.dice.pick(&how).copied().unwrap_or(StopHow::Now);
        let by = "ap stop".to_owned();
        if world.is_up() && world.dice.one_in(2) {
            world.handle(&Input::Request(FleetRequest::Stop {
                how,
                by,
                successor: None,
            }));
        }
        return;
    }
    world.start();
    let run = desired_now(world, DesiredState::Run);
    world.handle(&Input::Desired(run));
}

/// With everything well and nothing refused, every project gets done.
fn heal(world: &mut World) {
    world.fitness.clear();
    world.start();
    let run = desired_now(world, DesiredState::Run);
    let by = || "you".to_owned();
    world.handle(&Input::Desired(run));
    world.handle(&Input::Request(FleetRequest::ContinueAll { by: by() }));
    for _ in 0..200 {
        world.pass(SignedDuration::from_hours(1));
        for project in world.projects() {
            if let Some(session) = world.sessions.get_mut(&project)
                && session.digest.alive
            {
                session.end(SessionEnd::Complete);
            }
            notice(world, &project);
            let status = &world.state.projects[&project].status;
            let waits_for_you = match status {
                ProjectStatus::Blocked { .. } | ProjectStatus::Paused { .. } => true,
                status => status.until().is_none() && status.as_str() == "waiting",
            };
            if waits_for_you {
                let by = by();
                world.handle(&Input::Request(FleetRequest::Resume { project, by }));
            }
        }
        wake(world);
        let mut projects = world.state.projects.values();
        if projects.all(|it| matches!(it.status, ProjectStatus::Done { .. })) {
            return;
        }
    }
    panic!("never done: {:?}", world.state.projects);
}
