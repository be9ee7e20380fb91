//! What the state asks for: what should be in flight, and what stands in the way of the next attempt.
use super::{Phase, State};
use crate::model::{Change, Cursor, Effect, Orders, Outcome, QueueStatus, SessionStatus};
use crate::plan::{Guardrails, Node, Plan, Step};
use crate::termination::{Answer, Evidence, MAX_BROKEN_ANSWERS};
use jiff::{SignedDuration, Timestamp};

/// What a queue without tasks comes to where that is a good end.
static NOTHING_LEFT: QueueStatus = QueueStatus::Done { closed: 0 };

/// Tells whether there is not one task, and the node takes that for the end.
pub(super) fn empty_is_done(node: &Node, status: &QueueStatus) -> bool {
    matches!(status, QueueStatus::NoItems { .. })
        && node.queue.as_ref().is_some_and(|queue| queue.empty_is_done)
}

impl State {
    /// Returns what should be in flight right now. After a crash the runner starts from here.
    pub fn pending(&self, plan: &Plan) -> Option<Effect> {
        match &self.phase {
            Phase::Running if self.stopping.is_some() => Some(Effect::StopAgent(self.cursor)),
            Phase::Running => Some(Effect::RunAgent(self.cursor)),
            Phase::Exited { .. } | Phase::Ready if self.awaits_queue(plan) => {
                Some(Effect::CheckQueue(self.cursor))
            }
            Phase::Exited { .. } | Phase::Ready => match self.awaits_gate(plan) {
                Some(gate) => Some(Effect::AskGate(self.cursor, gate)),
                None => self
                    .awaits_claim(plan)
                    .then(|| Effect::ClaimTask(self.next_attempt())),
            },
            Phase::Parallel => Some(Effect::RunBlock(self.cursor)),
            Phase::Waiting { until, .. } => Some(Effect::WaitUntil(*until)),
            Phase::New | Phase::Ended { .. } => None,
        }
    }

    /// Whether nothing can be decided before the queue has been looked at.
    pub fn awaits_queue(&self, plan: &Plan) -> bool {
        let Some(node) = self.node(plan) else {
            return false;
        };
        let asks = match &self.phase {
            // Whatever ended may still hold a task.
            Phase::Exited { .. } => true,
            Phase::Ready if self.stopping.is_some() => node.claims(),
            Phase::Ready if self.pausing => node.claims(),
            Phase::Ready => {
                node.check_before || node.termination.asks_queue() || self.cursor.iteration > 0
            }
            Phase::New
            | Phase::Running
            | Phase::Parallel
            | Phase::Waiting { .. }
            | Phase::Ended { .. } => false,
        };
        node.queue.is_some() && asks && self.queue_status.is_none()
    }

    /// Whether the next attempt can begin as soon as the engine has taken a task for it. Nothing else is in its way when
    /// [`follow`](super::follow()) is silent.
    pub fn awaits_claim(&self, plan: &Plan) -> bool {
        let idle = matches!(self.phase, Phase::Ready | Phase::Exited { .. })
            && self.stopping.is_none()
            && !self.pausing;
        let work = matches!(self.queue_status, Some(QueueStatus::Work { .. }))
            && self.task.is_none()
            && self.awaits_gate(plan).is_none();
        idle && work && self.node(plan).is_some_and(Node::claims)
    }

    /// Returns the gate that must be asked before the node can go on or end.
    pub fn awaits_gate(&self, plan: &Plan) -> Option<u32> {
        let node = self.node(plan)?;
        let over =
            matches!(self.phase, Phase::Ready | Phase::Exited { .. }) && !self.in_iteration();
        let asks = over
            && self.stopping.is_none()
            && !self.awaits_queue(plan)
            && self.counters.gate_failures < MAX_BROKEN_ANSWERS;
        match node.termination.answer(&self.evidence(node)) {
            Answer::NeedsGate(gate)
                if asks && (0 < self.counters.iterations || node.check_before) =>
            {
                Some(gate)
            }
            Answer::NeedsGate(_) | Answer::Ends(_) | Answer::Continues => None,
        }
    }

    /// Returns what the node's termination may look at.
    pub fn evidence(&self, node: &Node) -> Evidence<'_> {
        Evidence {
            iterations: self.counters.iterations,
            max_iterations: self.max_iterations(node),
            stops: self.counters.stops,
            queue: self.queue_status.as_ref().map(|status| {
                if empty_is_done(node, status) {
                    &NOTHING_LEFT
                } else {
                    status
                }
            }),
            promises: &self.promises,
            gates: &self.gates,
        }
    }

    /// Returns the cursor of the attempt that comes next.
    pub fn next_attempt(&self) -> Cursor {
        if self.in_iteration() {
            self.cursor.next_attempt()
        } else {
            self.cursor.next_iteration()
        }
    }

    /// Returns why the last iteration or attempt did not go well, as it was said.
    pub fn last_words(&self) -> String {
        let said = self.history.back().map(|entry| entry.status.reason.clone());
        self.last_error.clone().or(said).unwrap_or_default()
    }

    /// Whether the attempt that has just ended tried and failed, rather than having been kept from trying.
    pub fn tried(&self) -> bool {
        let Phase::Exited { outcome } = &self.phase else {
            return false;
        };
        match outcome {
            Outcome::Reported { .. }
            | Outcome::Unreported { .. }
            | Outcome::Crashed { .. }
            | Outcome::TimedOut { .. } => true,
            Outcome::RateLimited { .. }
            | Outcome::Refused { .. }
            | Outcome::Lost { .. }
            | Outcome::Cancelled => false,
        }
    }

    /// Returns the session's status, as far as its journal knows.
    pub fn status(&self) -> SessionStatus {
        match &self.phase {
            Phase::Ended { ending } => ending.status(),
            Phase::New
            | Phase::Ready
            | Phase::Running
            | Phase::Parallel
            | Phase::Exited { .. }
            | Phase::Waiting { .. } => {
                if self.is_paused() {
                    SessionStatus::Paused
                } else {
                    SessionStatus::Running
                }
            }
        }
    }

    /// Whether the session does nothing because a person paused it.
    pub fn is_paused(&self) -> bool {
        self.pausing
            && self.stopping.is_none()
            && matches!(self.phase, Phase::Ready | Phase::Exited { .. })
    }

    /// Returns the current step, or nothing when all are done.
    pub fn step<'a>(&self, plan: &'a Plan) -> Option<&'a Step> {
        plan.step(self.cursor.node)
    }

    /// Returns the current node; nothing when all are done, or in a parallel block.
    pub fn node<'a>(&self, plan: &'a Plan) -> Option<&'a Node> {
        self.step(plan)?.node()
    }

    /// Returns what the branches of the current block are to do.
    pub fn orders(&self) -> Orders {
        Orders {
            stop: self.stopping.clone(),
            drain: self.drain.clone(),
            pause: self.pausing,
        }
    }

    /// Returns the session's bounds, with what a person has changed since the start.
    pub fn guardrails(&self, plan: &Plan) -> Guardrails {
        let bounds = plan.guardrails;
        Guardrails {
            max_cost_usd: self.change.max_cost_usd.unwrap_or(bounds.max_cost_usd),
            max_runtime_seconds: self
                .change
                .max_runtime_seconds
                .unwrap_or(bounds.max_runtime_seconds),
            ..bounds
        }
    }

    /// Returns the current node as the agent at work gets it: the one whose turn it is, with what a person has changed
    /// since the start.
    pub fn changed_node(&self, plan: &Plan) -> Option<Node> {
        let mut node = self.node(plan)?.clone();
        node.agent = self.agent_at(&node, self.fallback).into_owned();
        let Change {
            permissions,
            keep_env,
            ..
        } = self.change;
        let agent = &mut node.agent;
        agent.permissions = permissions.unwrap_or(agent.permissions);
        agent.keep_env = keep_env.unwrap_or(agent.keep_env);
        Some(node)
    }

    /// Returns how long the session has been at work, without the time nobody attended to it.
    pub fn ran(&self, now: Timestamp) -> SignedDuration {
        let since = self.started_at.unwrap_or(now);
        now.duration_since(since) - SignedDuration::from_millis(self.unattended_ms)
    }

    /// Returns how many iterations the current node may take.
    pub fn max_iterations(&self, node: &Node) -> u32 {
        self.max_iterations
            .unwrap_or(node.max_iterations)
            .saturating_add(self.counters.extra)
    }

    /// Whether the current iteration has begun and is not over.
    pub fn in_iteration(&self) -> bool {
        self.counters.iterations < self.cursor.iteration
    }
}
