//! What a runner that was killed did not tell: nothing runs its session any more.
use super::completions::Completions;
use super::observe::Notifier;
use crate::error::{Error, Result};
use crate::runner::env::RunnerEnv;
use crate::store::catch_up;
use crate::store::session::Snapshot;

/// Writes the messages of facts that no runner has reacted to, and the record of how the run ended.
pub fn notify_missed(env: &RunnerEnv, snapshot: &Snapshot) -> Result<()> {
    let project = &env.workspace.store_root;
    let (plan, state) = (&snapshot.plan, &snapshot.state);
    let dir = project.session(&plan.session);
    catch_up(Completions::new(project.clone()), &dir, plan, state)
        .and_then(|()| catch_up(Notifier::new(env, state), &dir, plan, state))
        .map_err(Error::failed_by)
}
