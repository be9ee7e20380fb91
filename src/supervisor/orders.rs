//! What the runners of slices are asked.
use super::digest::run_dir;
use super::messages::Asked;
use super::run::Supervisor;
use crate::clock;
use crate::exec::process;
use crate::model::{Request, Stop, StopSource};
use crate::store::inbox;
use crate::store::registry::RegisteredProject;
use crate::store::session::load_cached;
use nix::sys::signal::Signal;

impl Supervisor {
    /// Asks the runner of a slice to end: now, or after its iteration. It is asked once.
    pub(super) fn ask_to_end(&mut self, project: &RegisteredProject, generation: u64, now: bool) {
        let asked = Asked { generation, now };
        let before = self.asked.insert(project.id.clone(), asked);
        if before == Some(asked) {
            return;
        }
        let request = if now {
            Request::Stop(Stop::new(StopSource::Supervisor, "the supervisor"))
        } else {
            Request::Yield
        };
        let dir = run_dir(project, &self.dirs.state);
        tracing::info!(project = %project.id, generation, ?request, "asked to end");
        if let Err(error) = inbox::put(&dir, &request, clock::now()) {
            tracing::warn!(%error, project = %project.id, "it cannot be asked to end");
            self.asked.remove(&project.id);
            return;
        }
        let runner = load_cached(&dir)
            .ok()
            .flatten()
            .and_then(|snapshot| snapshot.state.session.runner);
        if let Some(runner) = runner {
            process::send(&runner, Signal::SIGUSR1);
        }
    }
}
