//! Attaches to a session what notifies you of it.
use super::completions::Completions;
use super::observe::Notifier;
use super::pulse::Pulse;
use crate::error::Result;
use crate::runner::env::RunnerEnv;
use crate::store::session::Session;

/// Attaches the notifier and the record of how runs end. The thread that comes with them ends when it is dropped.
pub(in crate::runner) fn attach_notifier(
    env: &RunnerEnv,
    session: &mut Session,
) -> Result<Option<Pulse>> {
    if !env.notify {
        return Ok(None);
    }
    session.attach(Completions::new(env.workspace.store_root.clone()))?;
    let notifier = Notifier::new(env, session.state());
    session.attach(notifier)?;
    Ok(Pulse::start(env).ok())
}
