//! Records how waits begin and end.
use crate::engine::state::{Phase, State};
use crate::model::{FailureClass, WaitReason};
use jiff::Timestamp;

impl State {
    pub(super) fn wait_started(&mut self, reason: &WaitReason, until: Timestamp, at: Timestamp) {
        match reason {
            WaitReason::Queue { .. } | WaitReason::BusyQueue { .. } => {
                self.current.counters.queue_waits += 1;
                self.current.counters.queue_waiting_since.get_or_insert(at);
            }
            WaitReason::Delay
            | WaitReason::Budget { .. }
            | WaitReason::Question { .. }
            | WaitReason::Retry { .. }
            | WaitReason::RateLimit { .. }
            | WaitReason::Throttle { .. }
            | WaitReason::Quota { .. }
            | WaitReason::Outage { .. }
            | WaitReason::Environment { .. } => (),
        }
        if !matches!(reason, WaitReason::Question { .. }) {
            self.session.hooks.waits += 1;
        }
        let waiting = Phase::Waiting {
            reason: reason.clone(),
            since: at,
            until,
        };
        let before = std::mem::replace(&mut self.phase, waiting);
        if let (Phase::Exited { outcome }, WaitReason::Question { .. }) = (before, reason) {
            self.current.postponed = Some(outcome);
        }
    }

    pub(super) fn wait_ended(&mut self, at: Timestamp) {
        if let Phase::Waiting { reason, until, .. } =
            std::mem::replace(&mut self.phase, Phase::Ready)
        {
            self.after_wait(&reason, at < until, at);
        }
    }

    /// A wait that ended `early` was ended by the user or by a probe: what it waited for is there.
    fn after_wait(&mut self, reason: &WaitReason, early: bool, at: Timestamp) {
        self.session.spending.hold = None;
        match reason {
            // A delay is short: the queue's status is still good.
            WaitReason::Delay => return,
            // The machine has what the judge lacked.
            WaitReason::Environment { .. } => self.current.judge_failure = None,
            WaitReason::Outage { .. } if early => self.end_rests(Some(FailureClass::Outage), at),
            WaitReason::RateLimit { .. }
            | WaitReason::Throttle { .. }
            | WaitReason::Quota { .. }
                if early =>
            {
                self.end_rests(None, at);
                self.session.ignores_quota = true;
            }
            WaitReason::RateLimit { .. }
            | WaitReason::Throttle { .. }
            | WaitReason::Quota { .. }
            | WaitReason::Outage { .. }
            | WaitReason::Retry { .. }
            | WaitReason::Budget { .. }
            | WaitReason::BusyQueue { .. }
            | WaitReason::Question { .. }
            | WaitReason::Queue { .. } => {}
        }
        self.current.queue_status = None;
    }
}
