//! What the supervisor's journal amounts to.
use super::config::FleetConfig;
use super::desired::{Desired, DesiredState};
use super::event::StopHow;
use super::project::Project;
use super::status::ProjectStatus;
use crate::model::{ProcessId, ProjectId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The fold of the supervisor's journal; only [`State::apply`] changes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// What you said last about whether it shall run; it does if you never said anything.
    pub desired: Option<Desired>,
    /// Since when no slice is given, and until when.
    pub pause: Option<FleetPause>,
    pub projects: BTreeMap<ProjectId, Project>,
    /// The generation of the last slice of any project.
    pub generation: u64,
    /// The supervisor that has not recorded its end.
    pub supervisor: Option<Supervisor>,
    /// How that supervisor ends, once it was told to.
    pub stopping: Option<StopHow>,
    /// When the command that makes room was last run.
    #[serde(default)]
    pub room_requested_at: Option<Timestamp>,
    /// When the last fact was recorded.
    pub updated_at: Option<Timestamp>,
}

/// A pause of all projects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FleetPause {
    pub by: String,
    pub since: Timestamp,
    pub until: Option<Timestamp>,
}

/// A supervisor that runs, or died without recording its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supervisor {
    pub process: ProcessId,
    pub version: String,
    pub started_at: Timestamp,
}

impl State {
    /// Whether you want no work to be done.
    pub fn is_unwanted(&self) -> bool {
        self.desired
            .as_ref()
            .is_some_and(|desired| desired.state == DesiredState::Stop)
    }

    /// Whether slices may be given at all.
    pub fn gives_slices(&self, config: &FleetConfig, now: Timestamp) -> bool {
        self.slices_from(config).is_some_and(|from| from <= now)
    }

    /// Returns from when slices may be given, as far as that is known.
    pub(super) fn slices_from(&self, config: &FleetConfig) -> Option<Timestamp> {
        let supervisor = self.supervisor.as_ref()?;
        let may = self.stopping.is_none() && !self.is_unwanted() && self.pause.is_none();
        let from = supervisor.started_at.saturating_add(config.at_start);
        may.then(|| from.unwrap_or(Timestamp::MAX))
    }

    /// Returns the projects that a slice runs for.
    pub fn slices(&self) -> impl Iterator<Item = (&ProjectId, &Project, u64)> {
        self.projects
            .iter()
            .filter_map(|(id, project)| Some((id, project, project.status.slice()?)))
    }

    /// Returns how many more slices may run.
    pub fn free_slices(&self, config: &FleetConfig) -> usize {
        let most = usize::try_from(config.max_agents.max(1)).unwrap_or(usize::MAX);
        most.saturating_sub(self.slices().count())
    }

    /// Returns the projects that wait for a slice.
    pub fn due(&self) -> impl Iterator<Item = (&ProjectId, &Project)> {
        self.projects
            .iter()
            .filter(|(_, project)| matches!(project.status, ProjectStatus::Due { .. }))
    }
}
