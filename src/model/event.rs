//! Facts: the lines of `events.jsonl`.
use super::{
    BranchReport, Change, Cursor, ForkedFrom, GateVerdict, NodeId, Outcome, ProcessId, QueueStatus,
    RunId, SessionName, SessionStatus, Task, Usage, WorkTree,
};
use crate::text::{clean, count};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Version of the format.
    pub v: u32,
    /// 1-based and without gaps.
    pub seq: u64,
    pub at: Timestamp,
    pub event: Event,
}

impl Line {
    /// The format this program writes. A journal from a newer format is read, never written.
    pub const VERSION: u32 = 1;
}

/// Something that happened. Named in the past tense; never changes its meaning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum Event {
    SessionStarted {
        session: SessionName,
        run: RunId,
        /// Fingerprint of `plan.json`, so that nobody edits what judges them.
        #[serde(default)]
        plan: String,
    },
    /// A runner took the session up: at its start and after every crash, stop or failure.
    RunnerStarted {
        runner: ProcessId,
        version: String,
    },
    /// Somebody asked an ended session to go on; `max_iterations` replaces the current node's.
    SessionResumed {
        max_iterations: Option<u32>,
        /// What the agents are called with from now on.
        #[serde(default)]
        change: Change,
    },
    /// The plan was made anew from the definitions as they are; this is the fingerprint of what `plan.json` holds from now on.
    PlanReplaced {
        plan: String,
    },
    /// What came before this line happened in another session, and was taken over when this one was made.
    SessionForked {
        from: ForkedFrom,
    },
    /// The iteration is on: an agent may be running from now on.
    IterationStarted {
        cursor: Cursor,
        /// Who makes this attempt: its place in the node's chain of agents, 0 the node's own.
        #[serde(default)]
        fallback: u32,
        /// What that agent is called by.
        #[serde(default)]
        agent: String,
    },
    /// The shim of the attempt is alive.
    AgentStarted {
        cursor: Cursor,
        shim: ProcessId,
    },
    AgentExited {
        cursor: Cursor,
        outcome: Outcome,
        usage: Usage,
        /// What its last words promise.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        promises: Vec<String>,
        /// The project's files when the iteration was over, if they are in git.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tree: Option<WorkTree>,
    },
    /// The branches of a parallel block are on; the cursor's attempt counts how often.
    BlockStarted {
        cursor: Cursor,
    },
    /// A branch has ended an iteration, or altogether.
    BranchReported {
        step: u32,
        branch: NodeId,
        report: BranchReport,
    },
    /// A limit of the session is reached: its branches end as soon as their agents do.
    BlockDraining {
        limit: String,
    },
    /// A command or a judge was asked whether the node is done; `gate` is its number in the termination.
    GateAnswered {
        gate: u32,
        name: String,
        verdict: GateVerdict,
        usage: Usage,
    },
    /// The queue was looked at. Of the tasks that agents left unfinished, `released` can be claimed again; `parked` were
    /// tried too often, and nobody takes them before a person has looked.
    QueueChecked {
        status: QueueStatus,
        released: Vec<String>,
        #[serde(default)]
        parked: Vec<String>,
    },
    /// The engine took a task for the iteration that comes next.
    TaskClaimed {
        cursor: Cursor,
        task: Task,
    },
    WaitStarted {
        reason: WaitReason,
        until: Timestamp,
    },
    WaitEnded,
    /// A pause was asked for; it takes effect when no agent runs.
    PauseRequested,
    ContinueRequested,
    StopRequested {
        by: String,
    },
    NodeFinished {
        node: u32,
        id: NodeId,
        ending: NodeEnding,
    },
    SessionFinished {
        ending: Ending,
    },
}

/// What a session waits for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum WaitReason {
    /// The loop's own pause between iterations.
    Delay,
    /// Another try after an attempt that failed.
    Retry { error: String },
    /// The provider's quota to come back.
    RateLimit { reason: String },
    /// A queue that others keep busy.
    BusyQueue { error: String },
    /// Tasks that others hold; `by` names the first of them.
    Queue {
        held: u32,
        #[serde(default)]
        by: Vec<String>,
    },
}

/// Why a node is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum NodeEnding {
    /// `fixed`: all iterations ran.
    AllIterations { iterations: u32 },
    /// `judgment`: this many agents in a row said stop.
    Consensus { votes: u32 },
    /// `queue`: no task is left.
    QueueEmpty { closed: u32 },
    /// `promise`: an agent gave its word.
    Promised { text: String },
    /// `verify`, `command`, `judge`: somebody outside said so.
    Gate { gate: String, reason: String },
    /// `all`: every one of these.
    All { endings: Vec<Self> },
    /// A parallel block: so many of its branches reached their goal.
    Branches { succeeded: u32, of: u32 },
    /// The iterations ran out first.
    MaxIterations { iterations: u32 },
}

impl fmt::Display for NodeEnding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AllIterations { iterations: 1 } => f.write_str("the only iteration ran"),
            Self::AllIterations { iterations } => {
                write!(f, "all {} ran", count(iterations, "iteration"))
            }
            Self::Consensus { votes: 1 } => f.write_str("an agent said stop"),
            Self::Consensus { votes } => write!(f, "{} in a row said stop", count(votes, "agent")),
            Self::QueueEmpty { closed } => write!(
                f,
                "the queue is empty, {} closed in all",
                count(closed, "task")
            ),
            Self::Promised { text } => write!(f, "an agent promised {}", clean(text)),
            Self::Gate { gate, reason } if reason.is_empty() => {
                write!(f, "`{gate}` says it is done")
            }
            Self::Gate { gate, reason } => write!(f, "`{gate}` says it is done: {}", clean(reason)),
            Self::All { endings } => f.write_str(
                &endings
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(", and "),
            ),
            Self::Branches { succeeded, of } if succeeded == of => {
                write!(f, "{} done", count(of, "branch"))
            }
            Self::Branches { succeeded, of } => {
                write!(f, "{succeeded} of {} done", count(of, "branch"))
            }
            Self::MaxIterations { iterations } => {
                write!(f, "all {} are used up", count(iterations, "iteration"))
            }
        }
    }
}

impl NodeEnding {
    /// Whether the node reached what it was for.
    pub fn reached_goal(&self) -> bool {
        match self {
            Self::AllIterations { .. } | Self::Consensus { .. } | Self::QueueEmpty { .. } => true,
            Self::Promised { .. }
            | Self::Gate { .. }
            | Self::All { .. }
            | Self::Branches { .. } => true,
            Self::MaxIterations { .. } => false,
        }
    }
}

/// How a session ended. Decides the exit code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Ending {
    /// All nodes reached their goal.
    Completed { reason: NodeEnding },
    /// Went wrong; can be resumed.
    Failed { error: String, hint: String },
    /// Ended short of the goal by a limit; can be resumed with a larger one.
    LimitReached { limit: String },
    /// A person or a closing terminal stopped it; can be resumed.
    Stopped { by: String },
}

impl Ending {
    /// Returns the status of a session that ended like this.
    pub fn status(&self) -> SessionStatus {
        match self {
            Self::Completed { .. } => SessionStatus::Complete,
            Self::Failed { .. } => SessionStatus::Failed,
            Self::LimitReached { .. } => SessionStatus::LimitReached,
            Self::Stopped { .. } => SessionStatus::Stopped,
        }
    }

    /// Returns why the goal was not reached, as what follows a name; nothing if it was.
    pub fn shortfall(&self) -> Option<String> {
        match self {
            Self::Completed { .. } => None,
            Self::Failed { error, .. } => Some(format!("failed: {}", clean(error))),
            Self::LimitReached { limit } => Some(format!("ended short: {}", clean(limit))),
            Self::Stopped { by } => Some(format!("was stopped by {}", clean(by))),
        }
    }
}
