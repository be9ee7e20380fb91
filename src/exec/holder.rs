//! Whether the runner that holds a session lives.
use super::process::{self, Liveness};
use crate::model::SessionName;
use crate::store::layout::Project;
use crate::store::lock::SessionLock;

/// Whether a living runner has the session, according to its lock file. Changes nothing.
pub fn is_running(project: &Project, session: &SessionName) -> bool {
    SessionLock::holder(&project.lock(session))
        .is_some_and(|holder| process::liveness(&holder.process) != Liveness::Dead)
}
