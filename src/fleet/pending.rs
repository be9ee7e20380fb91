//! What should be in flight.
use super::config::FleetConfig;
use super::event::StopHow;
use super::project::Project;
use super::state::State;
use super::status::{Order, ProjectStatus, Wait};
use crate::model::ProjectId;
use jiff::{SignedDuration, Timestamp};

/// How often a project that cannot be used is looked at.
pub(super) const UNFIT_LOOK: SignedDuration = SignedDuration::from_mins(5);
/// How often free space is looked for.
pub(super) const DISK_LOOK: SignedDuration = SignedDuration::from_mins(1);

/// What should be in flight. Each is asked for until it is so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A runner of this generation should work on the session. Its end is looked for.
    RunSlice { project: ProjectId, generation: u64 },
    /// That runner should end after its iteration.
    AskToYield { project: ProjectId, generation: u64 },
    /// That runner should end now; an iteration it interrupts is made again.
    StopSlice { project: ProjectId, generation: u64 },
    /// The end of a runner that you started should be noticed.
    WatchRunner { project: ProjectId },
    /// The project should be looked at, so often.
    Look {
        project: ProjectId,
        every: SignedDuration,
    },
    /// The fleet should be asked again at this time.
    WaitUntil(Timestamp),
}

impl State {
    /// Returns what should be in flight right now. After a crash the supervisor starts from here.
    pub fn pending(&self, config: &FleetConfig) -> Vec<Effect> {
        let mut effects: Vec<Effect> = self
            .projects
            .iter()
            .filter_map(|(id, project)| self.of_project(id, project))
            .collect();
        if let Some(at) = self.next_time(config) {
            effects.push(Effect::WaitUntil(at));
        }
        effects
    }

    fn of_project(&self, id: &ProjectId, project: &Project) -> Option<Effect> {
        let project_id = id.clone();
        match &project.status {
            ProjectStatus::Running {
                slice: Some(generation),
                order,
            } => Some(self.of_slice(project_id, *generation, order)),
            ProjectStatus::Running { slice: None, .. } => Some(Effect::WatchRunner {
                project: project_id,
            }),
            ProjectStatus::Unfit { .. } => Some(Effect::Look {
                project: project_id,
                every: UNFIT_LOOK,
            }),
            ProjectStatus::Waiting {
                reason: Wait::Disk { .. },
                ..
            } => Some(Effect::Look {
                project: project_id,
                every: DISK_LOOK,
            }),
            ProjectStatus::Due { .. }
            | ProjectStatus::Waiting { .. }
            | ProjectStatus::Detached { .. }
            | ProjectStatus::Paused { .. }
            | ProjectStatus::Blocked { .. }
            | ProjectStatus::Done { .. } => None,
        }
    }

    fn of_slice(&self, project: ProjectId, generation: u64, order: &Order) -> Effect {
        match (self.stopping, order) {
            (Some(StopHow::Now), _) | (_, Order::Pause { now: true, .. }) => Effect::StopSlice {
                project,
                generation,
            },
            (Some(StopHow::Drain), _) | (_, Order::Yield | Order::Pause { .. }) => {
                Effect::AskToYield {
                    project,
                    generation,
                }
            }
            (Some(StopHow::Leave) | None, Order::Work) => Effect::RunSlice {
                project,
                generation,
            },
        }
    }

    /// Returns when something follows from the time alone.
    fn next_time(&self, config: &FleetConfig) -> Option<Timestamp> {
        let waits = self.projects.values().filter_map(|it| it.status.until());
        let pause = self.pause.as_ref().and_then(|pause| pause.until);
        let start = self
            .slices_from(config)
            .filter(|_| self.due().next().is_some() && 0 < self.free_slices(config));
        let room = self.slices_from(config).and(self.next_room(config));
        waits.chain(pause).chain(start).chain(room).min()
    }
}
