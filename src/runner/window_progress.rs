//! Shows in the window what the agent does, or what is waited for.
use super::run::Runner;
use crate::clock;
use crate::error::Result;

impl Runner {
    /// Shows what the attempt has done since the last look, and records what it tells of the quota.
    pub(super) fn show_progress(&mut self) -> Result<()> {
        let allowances = match self.attempt {
            Some(_) => self.allowances(),
            None => Vec::new(),
        };
        let is_held = self.is_agent_held();
        let (plan, state) = (&self.session.plan, self.session.state());
        let mut window = self.window.lock();
        if let Some(attempt) = &mut self.attempt {
            attempt.enforcement.look(is_held);
            attempt.transcript.set_budget(allowances);
            attempt.follow(|said, transcript| window.show_activities(said, transcript));
            window.show_working(plan, state, attempt.transcript(), clock::now());
        } else {
            window.show_idle(plan, state, clock::now());
        }
        drop(window);
        if let Some(mut attempt) = self.attempt.take() {
            let recorded = self.record_quota(&mut attempt);
            self.attempt = Some(attempt);
            recorded?;
        }
        Ok(())
    }
}
