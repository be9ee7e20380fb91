//! Ends a runner that a supervisor started before its session has ended.
use super::run::Runner;
use super::wakeup::ControlSource;
use crate::error::Result;
use crate::model::{Effect, Input, Request};
use jiff::SignedDuration;

impl Runner {
    /// Asks itself to yield once the iterations of its slice are over.
    pub(super) fn check_slice(&mut self) -> Result<()> {
        let limit = self.env.slice.as_ref().and_then(|slice| slice.iterations);
        let made = self.session.state().session.iterations - self.iterations_before;
        if limit.is_some_and(|limit| limit <= made) {
            self.accept(&Input::Request(Request::Yield))?;
        }
        Ok(())
    }

    /// Records that the runner parks, if it has nothing to do for a while. Returns whether anything was recorded.
    pub(super) async fn park(&mut self) -> Result<bool> {
        let Some(after) = self.env.slice.as_ref().map(|slice| slice.park_after_s) else {
            return Ok(false);
        };
        if matches!(self.control, ControlSource::Branch(_)) || !self.only_waits() {
            return Ok(false);
        }
        // What was asked before it parks is done before.
        let before = self.session.seq();
        self.read_inbox().await?;
        if before == self.session.seq() {
            let after = SignedDuration::from_secs(i64::from(after));
            self.accept(&Input::MayPark { after })?;
        }
        Ok(before != self.session.seq())
    }

    /// Whether nothing is in flight but a wait.
    fn only_waits(&self) -> bool {
        let pending = self.session.state().pending(&self.session.plan);
        let waits = matches!(
            pending,
            None | Some(Effect::WaitUntil(_) | Effect::Probe { .. })
        );
        waits && self.attempt.is_none() && self.pending_input.is_none()
    }
}
