//! What should be in flight, and what the next attempt still needs.
use super::policy::{jittered, probe_interval, scaled};
use super::state::{Phase, State};
use crate::model::{Effect, HookEvent, QueueStatus, WaitReason};
use crate::plan::{Node, Plan};
use crate::termination::{Answer, Evidence, MAX_BROKEN_ANSWERS};
use jiff::Timestamp;

/// The status of a queue without tasks, for a node that takes it for its end.
static NOTHING_LEFT: QueueStatus = QueueStatus::Done { closed: 0 };

/// Whether the node takes a queue that never had a task for its end.
pub(super) fn empty_is_done(node: &Node) -> bool {
    node.queue.as_ref().is_some_and(|queue| queue.empty_is_done)
}

impl State {
    /// Returns what should be in flight right now. After a crash the runner starts from here.
    pub fn pending(&self, plan: &Plan) -> Option<Effect> {
        let cursor = self.current.cursor;
        if let Some((run, _)) = self.session.hooks.running {
            let ends = run.moment.event == HookEvent::SessionEnd;
            return Some(match &self.session.stopping {
                Some(_) if !ends => Effect::StopHook(run),
                Some(_) | None => Effect::RunHook(run),
            });
        }
        match &self.phase {
            _ if self.session.parked => None,
            Phase::Running { .. } if self.must_stop_agent() => Some(Effect::StopAgent(cursor)),
            Phase::Running { .. } => Some(Effect::RunAgent(cursor)),
            Phase::Exited { .. } | Phase::Ready => self.between_attempts(plan),
            Phase::Parallel => Some(Effect::RunBlock(cursor)),
            // Only you end it.
            Phase::Waiting { until, .. } if *until == Timestamp::MAX => None,
            Phase::Waiting { reason, until, .. } => Some(self.wait(plan, reason, *until)),
            Phase::New | Phase::Ended { .. } => None,
        }
    }

    fn wait(&self, plan: &Plan, reason: &WaitReason, until: Timestamp) -> Effect {
        match probe_interval(reason) {
            Some(every) => Effect::Probe {
                cursor: self.current.cursor,
                until,
                every: scaled(jittered(every, self), plan),
            },
            None => Effect::WaitUntil(until),
        }
    }

    fn between_attempts(&self, plan: &Plan) -> Option<Effect> {
        let cursor = self.current.cursor;
        if self.awaits_queue(plan) {
            Some(Effect::CheckQueue(cursor))
        } else if let Some(gate) = self.awaits_gate(plan) {
            Some(Effect::AskGate(cursor, gate))
        } else {
            let next = self.current.next_attempt();
            self.awaits_claim(plan).then_some(Effect::ClaimTask(next))
        }
    }

    /// Whether nothing can be decided before the queue has been checked.
    pub fn awaits_queue(&self, plan: &Plan) -> bool {
        let Some(node) = self.node(plan) else {
            return false;
        };
        let asks = match &self.phase {
            // The agent that ended may still hold a task.
            Phase::Exited { .. } => true,
            Phase::Ready if self.session.stopping.is_some() || self.session.pausing => {
                node.claims()
            }
            Phase::Ready => {
                node.check_before
                    || node.termination.asks_queue()
                    || 0 < self.current.cursor.iteration
            }
            Phase::New
            | Phase::Running { .. }
            | Phase::Parallel
            | Phase::Waiting { .. }
            | Phase::Ended { .. } => false,
        };
        let is_free = self.session.hooks.running.is_none();
        node.queue.is_some() && asks && is_free && self.current.queue_status.is_none()
    }

    /// Whether the next attempt needs a task that the engine claims for it. When [`follow`](super::follow()) returns
    /// nothing, it needs nothing else.
    pub fn awaits_claim(&self, plan: &Plan) -> bool {
        let idle =
            self.is_between_attempts() && self.session.stopping.is_none() && !self.session.pausing;
        let work = matches!(self.current.queue_status, Some(QueueStatus::Work { .. }))
            && self.current.task.is_none()
            && self.awaits_gate(plan).is_none();
        idle && work && self.node(plan).is_some_and(Node::claims)
    }

    /// Returns the gate that must answer before the node can continue or end.
    pub fn awaits_gate(&self, plan: &Plan) -> Option<u32> {
        let node = self.node(plan)?;
        let counters = &self.current.counters;
        let asks = self.is_between_attempts()
            && !self.current.in_iteration()
            && self.session.stopping.is_none()
            && !self.awaits_queue(plan)
            && counters.gate_failures < MAX_BROKEN_ANSWERS;
        match node.termination.answer(&self.evidence(node)) {
            Answer::NeedsGate(gate) if asks && (0 < counters.iterations || node.check_before) => {
                Some(gate)
            }
            Answer::NeedsGate(_) | Answer::Ends(_) | Answer::Continues => None,
        }
    }

    fn is_between_attempts(&self) -> bool {
        let is_free = self.session.hooks.running.is_none();
        is_free && matches!(self.phase, Phase::Ready | Phase::Exited { .. })
    }

    /// Returns what the node's termination may look at.
    pub fn evidence(&self, node: &Node) -> Evidence<'_> {
        let counters = &self.current.counters;
        Evidence {
            iterations: counters.iterations,
            max_iterations: self.max_iterations(node),
            stops: counters.stops,
            queue: self.queue_evidence(node),
            promises: &self.current.promises,
            gates: &self.current.gates,
        }
    }

    fn queue_evidence(&self, node: &Node) -> Option<&QueueStatus> {
        match self.current.queue_status.as_ref()? {
            QueueStatus::NoItems { .. } if empty_is_done(node) => Some(&NOTHING_LEFT),
            status => Some(status),
        }
    }
}
