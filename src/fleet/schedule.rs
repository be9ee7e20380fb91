//! Which project gets the next slice, and which one yields.
use super::config::FleetConfig;
use super::project::Project;
use super::state::State;
use super::status::{Order, ProjectStatus};
use crate::model::ProjectId;
use jiff::Timestamp;
use std::cmp::Reverse;

/// Returns the project that gets the next slice: the one you asked for, else the one that has waited longest by its
/// weight.
pub(super) fn next<'a>(state: &'a State, now: Timestamp) -> Option<&'a ProjectId> {
    let rank = |(id, project): &(&'a ProjectId, &Project)| {
        let asked = project.status == ProjectStatus::Due { asked: true };
        let waited = now.duration_since(project.since).as_millis().max(0);
        let weighted = waited.saturating_mul(i128::from(project.weight));
        (asked, weighted, Reverse(project.slice), Reverse(*id))
    };
    state.due().max_by_key(rank).map(|(id, _)| id)
}

/// Returns the project that is to yield next, if others wait and no slice is free: of those that have used up their
/// iterations the one that has run longest.
pub(super) fn yields<'a>(config: &FleetConfig, state: &'a State) -> Option<(&'a ProjectId, u64)> {
    let due = state.due().count();
    let free = state.free_slices(config);
    let yielding = state
        .slices()
        .filter(|(_, project, _)| !works(project))
        .count();
    if due <= free + yielding {
        return None;
    }
    let used_up = |project: &Project| config.slice_iterations.max(1) <= project.slice_used();
    let candidates = state
        .slices()
        .filter(|(_, project, _)| works(project) && used_up(project));
    let (id, _, generation) =
        candidates.min_by_key(|(id, project, _)| (project.since, Reverse(*id)))?;
    Some((id, generation))
}

fn works(project: &Project) -> bool {
    matches!(
        project.status,
        ProjectStatus::Running {
            order: Order::Work,
            ..
        }
    )
}
