//! Records how a session starts, changes hands and ends.
use crate::engine::node_state::NodeCounters;
use crate::engine::repeat::Repeats;
use crate::engine::spending::Spending;
use crate::engine::state::{Phase, State};
use crate::model::{
    Change, Ending, ForkedFrom, ProcessId, Question, RunId, SessionName, Subject, Usage,
};
use jiff::{SignedDuration, Timestamp};

impl State {
    pub(super) fn session_started(
        &mut self,
        session: &SessionName,
        run: &RunId,
        plan: &str,
        at: Timestamp,
    ) {
        self.session.name = Some(session.clone());
        self.session.run = Some(run.clone());
        plan.clone_into(&mut self.session.plan_hash);
        self.session.started_at = Some(at);
        self.phase = Phase::Ready;
    }

    pub(super) fn runner_started(
        &mut self,
        runner: &ProcessId,
        before: Option<Timestamp>,
        at: Timestamp,
    ) {
        let resumed = self.session.runner.replace(runner.clone()).is_some();
        if resumed || self.session.forked_from.is_some() {
            self.add_unattended(before, at);
        }
        (self.session.parked, self.session.yielding) = (false, false);
        // The status may be old by now, and so may the quota.
        self.current.queue_status = None;
        self.current.quota_read = None;
        if let Some((_, again)) = &mut self.session.hooks.running {
            *again = true;
        }
        // A task claimed for an attempt that never began is released by the next check of the queue.
        if !self.phase.is_running() {
            self.current.task = None;
        }
    }

    pub(super) fn session_resumed(
        &mut self,
        max_iterations: Option<u32>,
        change: &Change,
        at: Timestamp,
    ) {
        self.session.change = change
            .clone()
            .over(std::mem::take(&mut self.session.change));
        self.current.max_iterations = max_iterations.or(self.current.max_iterations);
        self.session.resumed_at = Some(at);
        self.session.stopping = None;
        if let Some(ending) = self.phase.ending() {
            let failed = matches!(ending, Ending::Failed { .. });
            self.reopen(failed && max_iterations.is_none());
        }
    }

    /// Continues a session that had ended. The user has seen its failures: every retry is available again.
    fn reopen(&mut self, repeat_errors: bool) {
        let counters = &mut self.current.counters;
        *counters = NodeCounters {
            iterations: counters.iterations,
            succeeded: counters.succeeded,
            extra: counters.extra + if repeat_errors { counters.errors } else { 0 },
            stops: counters.stops,
            ..NodeCounters::default()
        };
        // The user may have changed what a gate or the queue looks at.
        self.current.gates.clear();
        self.current.judge_failure = None;
        self.current.repeats = Repeats::default();
        self.current.queue_status = None;
        self.session.last_error = None;
        self.forget_failed_hooks();
        self.session.spending.reached = None;
        self.session.spending.hold = None;
        self.session.resting.clear();
        self.session.stall = None;
        self.phase = Phase::Ready;
    }

    pub(super) fn plan_replaced(&mut self, plan: &str) {
        plan.clone_into(&mut self.session.plan_hash);
        // The new plan may have other gates, other hooks, or another queue.
        self.session.hooks.running = None;
        self.current.queue_status = None;
        self.current.gates.clear();
    }

    pub(super) fn session_forked(
        &mut self,
        from: &ForkedFrom,
        before: Option<Timestamp>,
        at: Timestamp,
    ) {
        self.add_unattended(before, at);
        // The agent that asked is the other session's.
        self.close_permission(at);
        // What the other session has spent is the other's: budgets count from zero.
        self.session.usage = Usage::default();
        self.session.spending = Spending::default();
        self.session.hooks.running = None;
        let started = self.session.started_at.unwrap_or(at);
        self.session.unattended_ms =
            i64::try_from(at.duration_since(started).as_millis()).unwrap_or(i64::MAX);
        self.session.forked_from = Some(from.clone());
        // The runner is the other session's.
        self.session.runner = None;
    }

    pub(super) fn session_finished(&mut self, ending: &Ending, at: Timestamp) {
        self.count_answer_time(at);
        self.count_branch_time(at);
        self.current.held_since = None;
        if let Ending::Failed { error, .. } = ending {
            self.session.last_error = Some(error.clone());
        }
        self.session.stopping = None;
        self.session.hooks.running = None;
        self.session.hooks.ends += 1;
        self.session.pausing = false;
        // The next agent that would be billed asks again, and so does a hook that fails again.
        self.session.spending.billing = None;
        let is_asked_again = |question: &mut Question| {
            matches!(question.subject, Subject::Billing | Subject::Hook { .. })
        };
        self.session.question.take_if(is_asked_again);
        self.session.pauses_after_node = false;
        self.current.task = None;
        self.current.postponed = None;
        self.phase = Phase::Ended {
            ending: ending.clone(),
        };
    }

    /// Counts the time since the last fact as time without a runner.
    fn add_unattended(&mut self, before: Option<Timestamp>, at: Timestamp) {
        let since = before.map_or(0, |before| at.duration_since(before).as_millis());
        let since = i64::try_from(since).unwrap_or(i64::MAX).max(0);
        let is_counted = self.count_answer_time(at)
            || self.count_permission_time(at)
            || self.count_branch_time(at);
        if !is_counted {
            self.session.unattended_ms += since;
        }
        if let Some(stall) = &mut self.session.stall {
            let gone = SignedDuration::from_millis(since);
            stall.since = stall.since.checked_add(gone).unwrap_or(stall.since);
        }
    }
}
