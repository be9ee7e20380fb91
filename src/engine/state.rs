//! What the journal amounts to.
use super::repeat::Repeats;
use super::spending::Spending;
use crate::model::{
    BranchReport, Change, Containment, Cursor, Ending, FailureClass, ForkedFrom, GateVerdict,
    IterationEffect, LastChange, Limit, NodeEnding, NodeId, Outcome, ProcessId, QueueStatus, RunId,
    SessionName, Status, Stop, Task, Touched, Usage, WaitReason, WorkTree,
};
use crate::plan::Node;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// The fold of the journal; only [`State::apply`] changes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    pub session: SessionState,
    pub current: NodeState,
    pub phase: Phase,
}

/// What concerns the session as a whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SessionState {
    pub name: Option<SessionName>,
    pub run: Option<RunId>,
    /// The session whose beginning it shares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forked_from: Option<ForkedFrom>,
    /// Fingerprint of the plan it runs.
    #[serde(default)]
    pub plan_hash: String,
    /// What the user changed on resume.
    #[serde(default)]
    pub change: Change,
    /// Agents whose provider did not serve them, by label.
    #[serde(default)]
    pub resting: BTreeMap<String, Rest>,
    /// Whether the next attempt begins whatever is known of the quota: the user ended a wait for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ignores_quota: bool,
    /// A fingerprint of the policy for the quota that decided last; empty before.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub quota_policy: String,
    /// Since when attempts have ended only by failures that a wait may cure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stall: Option<Stall>,
    /// The last commit, file, task or gate that was brought about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_change: Option<LastChange>,
    /// Nodes that are done, in order.
    pub finished: Vec<FinishedNode>,
    /// The last iterations that are over, oldest first; at most [`SessionState::HISTORY`].
    pub history: VecDeque<IterationRecord>,
    /// Iterations that are over, of all nodes.
    pub iterations: u32,
    pub usage: Usage,
    /// What is known of its costs besides their sum.
    #[serde(default)]
    pub spending: Spending,
    /// Why the last attempt or iteration failed; cleared by one that succeeded.
    pub last_error: Option<String>,
    /// The class of the last attempt; none if it reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_class: Option<FailureClass>,
    /// A pause was requested; it begins as soon as no agent runs.
    pub pausing: bool,
    /// The first request to stop.
    pub stopping: Option<Stop>,
    /// How the last agent was contained, once one has started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub containment: Option<Containment>,
    /// The last runner, dead or alive.
    pub runner: Option<ProcessId>,
    pub started_at: Option<Timestamp>,
    pub resumed_at: Option<Timestamp>,
    /// When the last fact happened.
    pub updated_at: Option<Timestamp>,
    /// That others touched its files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub touched: Option<Touched>,
    /// Milliseconds without a runner: after a crash, a stop or a failure.
    pub unattended_ms: i64,
}

impl SessionState {
    /// How many iterations the state remembers; the journal has all.
    pub const HISTORY: usize = 100;
}

/// What concerns the current node only: the next one begins with an empty one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NodeState {
    /// The current attempt, or the last one.
    pub cursor: Cursor,
    /// Index of the agent that makes the attempt in the node's chain; 0 is the node's own.
    #[serde(default)]
    pub fallback: u32,
    /// Label of that agent.
    #[serde(default)]
    pub agent: String,
    /// When the iteration began; `None` once it is over.
    pub iteration_started: Option<Timestamp>,
    pub counters: NodeCounters,
    /// Replaces the node's own maximum.
    pub max_iterations: Option<u32>,
    /// The queue's last status, while it is up to date.
    pub queue_status: Option<QueueStatus>,
    /// The number of open tasks, when the queue last told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tasks_left: Option<u32>,
    /// The task the engine claimed for the current attempt, or for the next one.
    #[serde(default)]
    pub task: Option<Task>,
    /// What the last agent promised.
    #[serde(default)]
    pub promises: Vec<String>,
    /// The gates' answers since the last iteration, by the gate's number.
    #[serde(default)]
    pub gates: BTreeMap<u32, GateVerdict>,
    /// The gate that answered last, and its answer.
    #[serde(default)]
    pub last_gate: Option<(String, GateVerdict)>,
    /// The label of the judge that is asked again, and how its last call ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge_failure: Option<(String, Outcome)>,
    /// The last report of each branch of the current block.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub branches: BTreeMap<NodeId, BranchReport>,
    /// Why the branches of the current block end as soon as their agents do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drain: Option<Limit>,
    /// Failures that repeat themselves.
    #[serde(default)]
    pub repeats: Repeats,
    /// The project's files after the last iteration, if they are in git.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tree: Option<WorkTree>,
}

impl NodeState {
    /// Returns the state of a node that has not begun.
    pub fn before(node: u32) -> Self {
        Self {
            cursor: Cursor::before(node),
            ..Self::default()
        }
    }

    /// Returns how many branches of the current block have ended.
    pub fn ended_branches(&self) -> usize {
        let reports = self.branches.values();
        reports.filter(|report| report.ending.is_some()).count()
    }

    /// Whether the current iteration has begun and is not over.
    pub fn in_iteration(&self) -> bool {
        self.counters.iterations < self.cursor.iteration
    }

    /// Returns the number of the current iteration; between iterations, that of the last one.
    pub fn latest_iteration(&self) -> u32 {
        self.counters.iterations.max(self.cursor.iteration)
    }

    /// Returns the number of the current iteration; between iterations, that of the next one.
    pub fn iteration_to_run(&self) -> u32 {
        self.cursor.iteration.max(self.counters.iterations + 1)
    }

    /// Returns the cursor of the attempt that comes next.
    pub fn next_attempt(&self) -> Cursor {
        if self.in_iteration() {
            self.cursor.next_attempt()
        } else {
            self.cursor.next_iteration()
        }
    }
}

/// What the session is doing now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Phase {
    #[default]
    New,
    /// Nothing runs; the next attempt may start.
    Ready,
    /// An agent should be running.
    Running {
        /// The shim of the attempt, once it has started.
        shim: Option<ProcessId>,
    },
    /// The branches of a block should be running.
    Parallel,
    /// An agent ended; what follows is not decided yet.
    Exited {
        outcome: Outcome,
    },
    Waiting {
        reason: WaitReason,
        since: Timestamp,
        until: Timestamp,
    },
    Ended {
        ending: Ending,
    },
}

impl Phase {
    /// Whether an agent should be running.
    pub fn is_running(&self) -> bool {
        matches!(self, Self::Running { .. })
    }

    /// Returns the shim of the running attempt, once it has started.
    pub fn shim(&self) -> Option<&ProcessId> {
        match self {
            Self::Running { shim } => shim.as_ref(),
            Self::New
            | Self::Ready
            | Self::Parallel
            | Self::Exited { .. }
            | Self::Waiting { .. }
            | Self::Ended { .. } => None,
        }
    }

    /// Returns how the session ended, if it has.
    pub fn ending(&self) -> Option<&Ending> {
        match self {
            Self::Ended { ending } => Some(ending),
            Self::New
            | Self::Ready
            | Self::Running { .. }
            | Self::Parallel
            | Self::Exited { .. }
            | Self::Waiting { .. } => None,
        }
    }
}

/// Counts over the current node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeCounters {
    /// Iterations that are over. Only grows.
    pub iterations: u32,
    /// Iterations that are over and did not end in an error.
    #[serde(default)]
    pub succeeded: u32,
    /// Extra iterations granted on resume, one per failed one.
    #[serde(default)]
    pub extra: u32,
    /// Iterations in a row that voted `stop`.
    pub stops: u32,
    /// Iterations in a row that ended in an error.
    pub errors: u32,
    /// Iterations in a row that changed nothing.
    #[serde(default)]
    pub idle: u32,
    /// Failed attempts of the current iteration.
    pub failures: u32,
    /// Attempts of the current iteration that ended for want of memory.
    #[serde(default)]
    pub memory_failures: u32,
    /// Tasks parked since the last iteration that succeeded.
    #[serde(default)]
    pub parked: u32,
    /// Broken answers of gates in a row.
    #[serde(default)]
    pub gate_failures: u32,
    /// Waits in a row for a queue.
    pub queue_waits: u32,
    pub queue_waiting_since: Option<Timestamp>,
}

/// An agent whose provider does not serve it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rest {
    /// Why: a limit, throttling, or an outage.
    pub class: FailureClass,
    /// What the provider says.
    pub reason: String,
    pub since: Timestamp,
    /// When it is worth trying again, unless the plan shortens its waits.
    pub(super) until: Timestamp,
    /// Whether it is known until when.
    pub is_told: bool,
    /// Whether it is the user's own policy for the quota that holds it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_policy: bool,
    /// How many times in a row it failed like this.
    pub in_a_row: u32,
}

/// A time in which attempts ended only by failures that a wait may cure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stall {
    /// When the first of them ended.
    pub since: Timestamp,
    /// Whether all of them were outages.
    pub only_outages: bool,
}

/// A node that is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FinishedNode {
    pub id: NodeId,
    pub iterations: u32,
    pub ending: NodeEnding,
    pub at: Timestamp,
    /// Replaces the node's own maximum, as in [`NodeState`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_iterations: Option<u32>,
    /// Extra iterations it was granted, as in [`NodeCounters`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub extra: u32,
    /// The last report of each branch, if it is a block.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub branches: BTreeMap<NodeId, BranchReport>,
}

impl FinishedNode {
    /// Returns how many iterations the node could take.
    pub fn max_iterations(&self, node: &Node) -> u32 {
        let max = self.max_iterations.unwrap_or(node.max_iterations);
        max.saturating_add(self.extra)
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// An iteration that is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IterationRecord {
    pub node: u32,
    pub iteration: u32,
    pub attempts: u32,
    /// The agent that made the last attempt.
    #[serde(default)]
    pub agent: String,
    pub at: Timestamp,
    pub status: Status,
    /// What it changed, as far as it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<IterationEffect>,
}
