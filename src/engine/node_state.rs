//! What is known of the node that runs.
use super::repeat::Repeats;
use crate::model::{
    BranchReport, Cursor, GateVerdict, GivenAnswer, Limit, NodeId, Outcome, PermissionDecision,
    QueueStatus, Task, VerifyAnswer, WorkTree,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

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
    /// The attempt before which the quota was read last and allowed it, and the label of its agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota_read: Option<(Cursor, String)>,
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
    /// What that gate printed as JSON, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_gate_answer: Option<VerifyAnswer>,
    /// The label of the judge that is asked again, and how its last call ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge_failure: Option<(String, Outcome)>,
    /// The last report of each branch of the current block.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub branches: BTreeMap<NodeId, BranchReport>,
    /// Your answers to the branches of the current block.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub branch_answers: BTreeMap<NodeId, GivenAnswer>,
    /// Since when every branch of the current block that has not ended waits for you, as far as that time is not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_since: Option<Timestamp>,
    /// What the last agent asks you, until it is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unasked: Option<AgentQuestion>,
    /// The permissions that the agent at work has asked for.
    #[serde(default, skip_serializing_if = "Permissions::is_empty")]
    pub permissions: Permissions,
    /// How the last attempt ended, if what follows from it waits for your answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postponed: Option<Outcome>,
    /// The last iteration whose beginning you confirmed.
    #[serde(default)]
    pub confirmed_before: u32,
    /// The last iteration after which you confirmed to continue.
    #[serde(default)]
    pub confirmed_after: u32,
    /// How the node was skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped_by: Option<String>,
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

/// The permissions that the agent at work has asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permissions {
    /// How many it has asked you for in a row.
    pub asked: u32,
    /// Whether every further one is denied.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub denies_rest: bool,
    /// The last decisions.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub decisions: VecDeque<PermissionDecision>,
    /// Since when it waits for your answer, as far as that time is not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_since: Option<Timestamp>,
}

impl Permissions {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What an agent asks you in its status.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentQuestion {
    pub cursor: Cursor,
    pub text: String,
    pub choices: Vec<String>,
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
    /// Iterations in a row that an abler agent might have done well: their agents gave up, or the check failed.
    #[serde(default)]
    pub misses: u32,
    /// The most there have been.
    #[serde(default)]
    pub most_misses: u32,
    /// The iteration that was counted last.
    #[serde(default)]
    pub last_miss: u32,
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
