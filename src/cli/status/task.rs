//! The task a session's agent works on.
use crate::cli::context::Context;
use crate::engine::Phase;
use crate::model::Task;
use crate::queue::{self, Owner, QueueEnv, liveness};
use crate::store::session::Snapshot;

/// Returns the task that the engine handed to the agent, or that the agent claimed in a file. A tracker is not asked:
/// `ap status` must not wait for another program.
pub(in crate::cli) fn current(snapshot: &Snapshot, context: &Context) -> Option<Task> {
    let Snapshot { plan, state } = snapshot;
    if let Some(task) = &state.current.task {
        return Some(task.clone());
    }
    let spec = state.node(plan)?.queue.as_ref()?;
    spec.source.path()?;
    if !matches!(state.phase, Phase::Running { .. }) {
        return None;
    }
    let at = QueueEnv {
        project: context.project.root().to_owned(),
        env: context.env.clone(),
    };
    let queue = queue::open(spec, &at);
    let counts = queue.counts(&liveness(&*queue)).ok()?;
    let owner = Owner::agent(
        plan.session.clone(),
        plan.run.clone(),
        state.current.cursor.iteration,
    );
    let own = owner.to_string();
    let (id, _) = counts.held.iter().find(|(_, owner)| *owner == own)?;
    queue.show(id).ok()
}
