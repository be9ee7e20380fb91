//! Accepts the requests in a session's inbox.
use super::run::Runner;
use super::wakeup::ControlSource;
use crate::error::Result;
use crate::model::{Input, Request};
use crate::store::{crash, inbox};

impl Runner {
    /// Accepts the requests in the inbox. Each is on disk in the journal before it is removed.
    pub(super) async fn read_inbox(&mut self) -> Result<()> {
        if let ControlSource::Branch(_) = self.control {
            return Ok(());
        }
        for waiting in inbox::waiting(&self.session.dir)? {
            match waiting.request {
                Request::Stop(_) => self.stop_requests += 1,
                Request::Continue => self.continue_requests += 1,
                Request::Pause { .. }
                | Request::Answer(_)
                | Request::Say(_)
                | Request::Resume { .. }
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
