//! Accepts the requests in a session's inbox.
use super::run::Runner;
use super::wakeup::ControlSource;
use crate::error::Result;
use crate::model::{Input, Request};
use crate::store::{crash, inbox};

impl Runner {
    /// Accepts the requests in the inbox. Each is on disk in the journal before it is removed.
    pub(super) async fn read_inbox(&mut self) -> Result<()> {
        let is_branch = matches!(self.control, ControlSource::Branch(_));
        for waiting in inbox::waiting(&self.session.dir)? {
            // A branch gets its orders from its session; its own inbox is for what its agents ask.
            if is_branch && !matches!(waiting.request, Request::Block { .. }) {
                waiting.done()?;
                continue;
            }
            match waiting.request {
                Request::Stop(_) => self.stop_requests += 1,
                Request::Continue => self.continue_requests += 1,
                Request::Pause { .. }
                | Request::Answer(_)
                | Request::Say(_)
                | Request::Block { .. }
                | Request::Resume { .. }
                | Request::AcceptGate { .. }
                | Request::Yield => (),
            }
            tracing::info!(request = ?waiting.request, "request received");
            self.accept(&Input::Request(waiting.request.clone()))?;
            self.sync().await?;
            crash::point("inbox: request taken up");
            waiting.done()?;
            crash::point("inbox: request removed");
        }
        Ok(())
    }
}
