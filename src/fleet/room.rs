//! When your command that makes room on a full disk is run.
use super::config::FleetConfig;
use super::state::State;
use super::status::{ProjectStatus, Wait};
use crate::model::ProjectId;
use jiff::{SignedDuration, Timestamp};

/// How long it is not run again.
pub(super) const ROOM_PAUSE: SignedDuration = SignedDuration::from_hours(1);

impl State {
    /// Returns the project for which room should be made at this moment.
    pub(super) fn wants_room(&self, config: &FleetConfig, now: Timestamp) -> Option<&ProjectId> {
        let project = self.waits_for_room(config)?;
        let rests = self.room_requested_at.is_some_and(|at| {
            // Of a time later than now, before the clock was set back, nothing is known.
            at <= now && now.duration_since(at) < ROOM_PAUSE
        });
        (!rests).then_some(project)
    }

    /// Returns when room may next be made, if a project waits for it.
    pub(super) fn next_room(&self, config: &FleetConfig) -> Option<Timestamp> {
        self.waits_for_room(config)?;
        self.room_requested_at?.checked_add(ROOM_PAUSE).ok()
    }

    fn waits_for_room(&self, config: &FleetConfig) -> Option<&ProjectId> {
        let waits = |status: &ProjectStatus| {
            matches!(
                status,
                ProjectStatus::Waiting {
                    reason: Wait::Disk { .. },
                    ..
                }
            )
        };
        let mut low = self.projects.iter().filter(|(_, it)| waits(&it.status));
        low.next().map(|(id, _)| id).filter(|_| config.makes_room)
    }
}
