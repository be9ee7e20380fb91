//! What the journal amounts to.
use super::hook_state::HookState;
use super::node_state::NodeState;
use super::spending::Spending;
use crate::model::{
    AllowedCall, Answered, BranchReport, Change, Containment, DonePhase, Ending, FailureClass,
    ForkedFrom, GivenAnswer, IterationEffect, LastChange, NodeEnding, NodeId, Outcome, ProcessId,
    Question, RunId, SaidText, SessionName, Status, Stop, Touched, Usage, WaitReason,
};
use crate::plan::Node;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

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
    /// Files of gates as you accepted them, by path: their fingerprints.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub accepted_gates: BTreeMap<String, String>,
    /// Whether it has recorded what the project brings from an earlier program.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub imported: bool,
    /// The names of the phases of the PRD that are over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phases: Vec<String>,
    /// Phases that are over and not recorded yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unrecorded_phases: Vec<DonePhase>,
    /// Why the last attempt or iteration failed; cleared by one that succeeded.
    pub last_error: Option<String>,
    /// The class of the last attempt; none if it reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_class: Option<FailureClass>,
    /// What it asks you.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<Question>,
    /// How many questions it has asked.
    #[serde(default)]
    pub questions: u32,
    /// The answer that was recorded last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_answer: Option<GivenAnswer>,
    /// Your answers that no agent has had yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<Answered>,
    /// Calls of tools that you have allowed for the whole session.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub allowed: BTreeSet<AllowedCall>,
    /// What you said that no finished agent began with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub said: Vec<SaidText>,
    /// The ids of what you said last, so that none is said twice.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub said_ids: VecDeque<String>,
    /// What an agent changed without any business with it, until you accept it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tampering: Option<String>,
    /// The last step, from 1, whose beginning you confirmed.
    #[serde(default)]
    pub confirmed_before: u32,
    /// The last step, from 1, after which you confirmed to continue.
    #[serde(default)]
    pub confirmed_after: u32,
    /// What is known of the hooks that it waits for.
    #[serde(default)]
    pub hooks: HookState,
    /// A pause was requested; it begins as soon as no agent runs.
    pub pausing: bool,
    /// A pause was requested that begins once the node is done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pauses_after_node: bool,
    /// The first request to stop.
    pub stopping: Option<Stop>,
    /// The slice for which a supervisor started the last runner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slice: Option<u64>,
    /// The runner ends after the current iteration, because other projects wait.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub yielding: bool,
    /// The last runner has ended before the session, which is not crashed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub parked: bool,
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
    /// Extra iterations it was granted, as in [`super::node_state::NodeCounters`].
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
