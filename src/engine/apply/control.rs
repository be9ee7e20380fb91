//! Records what the user requests.
//!
//! Each request forgets the queue's status, so that a concurrent claim is released by the next check.
use crate::engine::state::State;
use crate::model::{PauseAfter, Stop};

impl State {
    pub(super) fn pause_requested(&mut self, after: PauseAfter) {
        match after {
            PauseAfter::Iteration => {
                self.session.pausing = true;
                self.current.queue_status = None;
            }
            PauseAfter::Node => self.session.pauses_after_node = true,
        }
    }

    pub(super) fn continue_requested(&mut self) {
        self.session.pausing = false;
        self.session.pauses_after_node = false;
        self.current.queue_status = None;
    }

    pub(super) fn stop_requested(&mut self, stop: &Stop) {
        self.session.stopping = Some(stop.clone());
        self.current.queue_status = None;
    }
}
