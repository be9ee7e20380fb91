//! What must hold after each line of the supervisor's journal.
use super::world::World;
use crate::fleet::{
    Cause, Change, Event, FleetConfig, Project, ProjectStatus, SessionDigest, State, Wait,
};
use crate::model::ProjectId;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// What the checks remember beside the state.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    /// When a project was resumed after failures since its last success.
    recoveries: BTreeMap<ProjectId, Vec<Timestamp>>,
    generation: u64,
}

impl Ledger {
    /// Checks a line against the state before and after it.
    pub(super) fn check(&mut self, world: &World, before: &State, event: &Event, at: Timestamp) {
        let after = &world.state;
        others_are_as_they_were(before, after, event);
        match event {
            Event::SliceGiven {
                project,
                generation,
            } => {
                assert!(self.generation < *generation, "a slice is given once (7)");
                self.generation = *generation;
                let most = world.config.max_agents as usize;
                assert!(before.slices().count() < most, "too many slices (2)");
                assert!(!before.is_unwanted(), "a slice against your stop (4)");
                assert!(before.stopping.is_none() && before.pause.is_none());
                is_next(before, project, at);
            }
            Event::Progressed { project, .. } => self.succeeded(before, after, project),
            Event::StatusChanged { project, change } => {
                self.status_changed(world, before, (project, change), at);
            }
            Event::RoomRequested { .. } => {
                let last = before.room_requested_at.filter(|last| *last <= at);
                let hour = SignedDuration::from_hours(1);
                assert!(last.is_none_or(|last| hour <= at.duration_since(last)));
            }
            Event::ProjectRemoved { project } => drop(self.recoveries.remove(project)),
            _ => {}
        }
    }

    fn succeeded(&mut self, before: &State, after: &State, project: &ProjectId) {
        let succeeded = |state: &State| state.projects[project].seen.succeeded;
        if succeeded(before) != succeeded(after) {
            self.recoveries.remove(project);
        }
    }

    fn status_changed(
        &mut self,
        world: &World,
        before: &State,
        (project, change): (&ProjectId, &Change),
        at: Timestamp,
    ) {
        self.succeeded(before, &world.state, project);
        let was = &before.projects[project].status;
        let is_yours = is_yours(&change.cause) || last_runner_is_yours(world, project);
        if let ProjectStatus::Blocked { .. } = was {
            assert!(is_yours, "only you unblock (5): {change:?}");
        }
        match change.cause {
            Cause::RecoveryScheduled { .. } => {
                let tries = self.recoveries.entry(project.clone()).or_default();
                tries.push(at);
                let day = SignedDuration::from_hours(24);
                let recent = tries.iter().filter(|then| at < **then + day).count();
                assert!(recent <= 5, "recoveries are bounded (10)");
            }
            Cause::Reopened { open } => {
                let then = match was {
                    ProjectStatus::Done { open } => *open,
                    other => panic!("{other:?} was reopened (9)"),
                };
                assert!(then.is_some_and(|then| then < open), "it oscillates (9)");
            }
            _ => {}
        }
        if change.status == (ProjectStatus::Due { asked: true }) {
            self.recoveries.remove(project);
        }
    }
}

/// Whether you brought a change about.
fn is_yours(cause: &Cause) -> bool {
    matches!(cause, Cause::StartedByYou | Cause::Request { .. })
}

fn last_runner_is_yours(world: &World, project: &ProjectId) -> bool {
    let session = world.sessions.get(project);
    session.is_some_and(|it| it.digest.slice.is_none())
}

/// A line about one project changes nothing of another's (11).
fn others_are_as_they_were(before: &State, after: &State, event: &Event) {
    let of = match event {
        Event::SliceGiven { project, .. }
        | Event::Progressed { project, .. }
        | Event::StatusChanged { project, .. }
        | Event::ProjectMoved { project, .. }
        | Event::ProjectWeighted { project, .. }
        | Event::ProjectRemoved { project } => Some(project),
        Event::ProjectRegistered(registration) => Some(&registration.project),
        _ => None,
    };
    assert!(others(before, of).eq(others(after, of)), "(11) {event:?}");
}

fn others<'a>(
    state: &'a State,
    of: Option<&ProjectId>,
) -> impl Iterator<Item = (&'a ProjectId, &'a Project)> {
    let projects = state.projects.iter();
    projects.filter(move |(id, _)| Some(*id) != of)
}

/// The slice goes to the one you asked for, or to the one that has waited longest by its weight (3).
fn is_next(before: &State, chosen: &ProjectId, at: Timestamp) {
    let rank = |project: &Project| {
        let asked = project.status == ProjectStatus::Due { asked: true };
        let waited = at.duration_since(project.since).as_millis().max(0);
        (asked, waited * i128::from(project.weight))
    };
    let chosen = &before.projects[chosen];
    assert!(matches!(chosen.status, ProjectStatus::Due { .. }));
    let longest = before.due().map(|(_, project)| rank(project)).max();
    assert_eq!(Some(rank(chosen)), longest, "(3)");
}

/// What holds when nothing follows any more.
pub(super) fn at_rest(config: &FleetConfig, state: &State, now: Timestamp) {
    if state.gives_slices(config, now) && 0 < state.free_slices(config) {
        assert_eq!(state.due().count(), 0, "a slice is free, and one waits (3)");
    }
    for (id, project) in &state.projects {
        has_end_or_owner(state, id, project, now);
    }
}

fn has_end_or_owner(state: &State, id: &ProjectId, project: &Project, now: Timestamp) {
    let is_up = state.supervisor.is_some() && state.stopping.is_none();
    if let Some(until) = project.status.until() {
        assert!(!is_up || now < until, "{id} waits past its end (6)");
        return;
    }
    match &project.status {
        ProjectStatus::Waiting { reason, .. } => assert!(
            matches!(reason, Wait::Disk { .. } | Wait::Question { .. }),
            "nothing ends this wait (6)"
        ),
        ProjectStatus::Detached { .. } => panic!("a job has an end (6)"),
        // You, a free slice, a runner, the sweep.
        ProjectStatus::Due { .. }
        | ProjectStatus::Running { .. }
        | ProjectStatus::Paused { .. }
        | ProjectStatus::Blocked { .. }
        | ProjectStatus::Done { .. }
        | ProjectStatus::Unfit { .. } => {}
    }
}

/// A look that is older than what is known means nothing.
pub(super) fn is_older(state: &State, project: &ProjectId, digest: &SessionDigest) -> bool {
    state
        .projects
        .get(project)
        .is_some_and(|known| known.seen.run == digest.seen.run && digest.seen.seq < known.seen.seq)
}
