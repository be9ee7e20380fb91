//! What the world tells the engine.
use super::{
    BranchReport, Change, Cursor, GateVerdict, NodeId, Outcome, ProcessId, QueueStatus, Task,
    Usage, WorkTree,
};
use serde::{Deserialize, Serialize};

/// Something that just happened outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    AgentStarted {
        cursor: Cursor,
        shim: ProcessId,
    },
    AgentExited {
        cursor: Cursor,
        outcome: Outcome,
        usage: Usage,
        promises: Vec<String>,
        tree: Option<WorkTree>,
    },
    GateAnswered {
        cursor: Cursor,
        gate: u32,
        verdict: GateVerdict,
        usage: Usage,
    },
    QueueChecked {
        cursor: Cursor,
        status: QueueStatus,
        released: Vec<String>,
        parked: Vec<String>,
    },
    TaskClaimed {
        cursor: Cursor,
        task: Task,
    },
    BranchReported {
        step: u32,
        branch: NodeId,
        report: BranchReport,
    },
    /// The time that was waited for has come.
    Woke,
    Request(Request),
}

/// What a person, or a closing terminal, asks of a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "request")]
pub enum Request {
    /// Hold once the current iteration is over.
    Pause,
    /// Go on after a pause, or end a wait early.
    Continue,
    /// End now; `by` says who asked.
    Stop { by: String },
    /// Start over from an ending that was not the goal.
    Resume {
        max_iterations: Option<u32>,
        #[serde(default)]
        change: Change,
    },
}
