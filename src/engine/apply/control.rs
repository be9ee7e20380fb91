//! Records what the user requests.
//!
//! Each request forgets the queue's status, so that a concurrent claim is released by the next check.
use crate::engine::state::State;
use crate::model::Stop;

impl State {
    pub(super) fn pause_requested(&mut self) {
        self.session.pausing = true;
        self.current.queue_status = None;
    }

    pub(super) fn continue_requested(&mut self) {
        self.session.spending.accept_billing();
        self.session.pausing = false;
        self.current.queue_status = None;
    }

    pub(super) fn stop_requested(&mut self, stop: &Stop) {
        self.session.stopping = Some(stop.clone());
        self.current.queue_status = None;
    }
}
