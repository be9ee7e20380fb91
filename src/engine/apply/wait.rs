//! Records how waits begin and end.
use crate::engine::state::{Phase, State};
use crate::model::WaitReason;
use jiff::Timestamp;

impl State {
    pub(super) fn wait_started(&mut self, reason: &WaitReason, until: Timestamp, at: Timestamp) {
        match reason {
            WaitReason::Queue { .. } | WaitReason::BusyQueue { .. } => {
                self.current.counters.queue_waits += 1;
                self.current.counters.queue_waiting_since.get_or_insert(at);
            }
            WaitReason::Delay | WaitReason::Retry { .. } | WaitReason::RateLimit { .. } => (),
        }
        self.phase = Phase::Waiting {
            reason: reason.clone(),
            since: at,
            until,
        };
    }

    pub(super) fn wait_ended(&mut self, at: Timestamp) {
        if let Phase::Waiting { reason, .. } = std::mem::replace(&mut self.phase, Phase::Ready) {
            self.after_wait(&reason, at);
        }
    }

    fn after_wait(&mut self, reason: &WaitReason, at: Timestamp) {
        match reason {
            // A delay is short: the queue's status is still good.
            WaitReason::Delay => return,
            WaitReason::RateLimit { .. } => self.clear_rate_limits(at),
            WaitReason::Retry { .. } | WaitReason::BusyQueue { .. } | WaitReason::Queue { .. } => {}
        }
        self.current.queue_status = None;
    }
}
