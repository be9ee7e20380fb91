//! Finds the task and the latest activity of a session's agent.
use super::task;
use crate::cli::context::Context;
use crate::cli::logs::latest::{Latest, latest};
use crate::engine::Phase;
use crate::model::Task;
use crate::store::session::Snapshot;

/// The task and the latest activity of the running agent.
pub(super) struct Working {
    pub(super) task: Option<Task>,
    pub(super) latest: Latest,
}

impl Working {
    pub(super) fn read(snapshot: &Snapshot, context: &Context) -> Self {
        let dir = context.project.session(&snapshot.plan.session);
        Self {
            task: task::current(snapshot, context),
            latest: match snapshot.state.phase {
                Phase::Running { .. } => latest(&context.project, &dir, snapshot),
                _ => Latest::default(),
            },
        }
    }
}
