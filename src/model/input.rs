//! What happened outside the engine.
use super::attempt_cost::AccountKind;
use super::branch::BranchReport;
use super::change::Change;
use super::cursor::Cursor;
use super::finished_attempt::FinishedAttempt;
use super::gate::{GateFile, GateVerdict, VerifyAnswer};
use super::hook::{HookExit, HookRun};
use super::id::NodeId;
use super::limit::Limit;
use super::phase::DonePhase;
use super::process::ProcessId;
use super::processes::Containment;
use super::question::{Answer, Permission};
use super::queue_status::QueueStatus;
use super::quota::{AccountKey, QuotaDecision, Share, WindowName, WindowReading};
use super::said::Said;
use super::stop::Stop;
use super::task::Task;
use super::usage::Usage;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Something that just happened outside the engine.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    AgentStarted {
        cursor: Cursor,
        shim: ProcessId,
        containment: Option<Containment>,
    },
    AgentExited(FinishedAttempt),
    /// With what the running attempt has used so far, a budget is reached.
    BudgetReached {
        cursor: Cursor,
        limit: Limit,
    },
    /// The running agent is paid by this account.
    AccountChanged {
        cursor: Cursor,
        account: AccountKind,
        /// In a branch: who pays, as its session has accepted it.
        of_session: Option<AccountKind>,
    },
    /// The session of a branch accepts the account that would bill it.
    AccountAccepted,
    /// All sessions together have spent the budget of a day or a week.
    BudgetHeld {
        cursor: Cursor,
        reason: String,
        until: Timestamp,
    },
    GateAnswered {
        cursor: Cursor,
        gate: u32,
        verdict: GateVerdict,
        answer: Option<VerifyAnswer>,
        /// If it passed, the phases of the PRD whose boxes are all ticked.
        phases: Vec<DonePhase>,
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
    /// The quota was read before an attempt of an agent; `agent` is its label.
    QuotaRead {
        agent: String,
        account: AccountKey,
        windows: Vec<WindowReading>,
        /// What may be used of them by now.
        allowed: BTreeMap<WindowName, Share>,
        /// A fingerprint of the policy that decided.
        policy: String,
        decision: QuotaDecision,
    },
    /// The agent at work asks for a permission, and waits.
    PermissionAsked {
        cursor: Cursor,
        permission: Permission,
        /// Whether the session of this branch has allowed the same call.
        is_allowed: bool,
    },
    /// The agent at work does not wait for the answer to a request any more.
    RequestWithdrawn {
        cursor: Cursor,
        request: String,
    },
    /// The agent at work has read the text of this id.
    AgentTold {
        cursor: Cursor,
        id: String,
    },
    /// A hook that the session waits for has ended.
    HookEnded {
        run: HookRun,
        exit: HookExit,
    },
    /// Nothing is in flight but a wait, and the runner need not sit through one that is longer than this.
    MayPark {
        after: SignedDuration,
    },
    /// A wait may be over.
    Woke,
    /// A probe found what the session waits for after this attempt.
    ProbeSucceeded {
        cursor: Cursor,
    },
    Request(Request),
}

/// What the user, or a closing terminal, requests of a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "request")]
pub enum Request {
    /// Pause.
    Pause {
        #[serde(default)]
        after: PauseAfter,
    },
    /// Continue after a pause, or end a wait early.
    Continue,
    /// Answer a question.
    Answer(Answer),
    /// Say something to the agent at work.
    Say(Said),
    /// Ask the user for the agent that makes this attempt: `ap block`.
    Block {
        /// The attempt that asks; without one, the session's current one.
        #[serde(default)]
        cursor: Option<Cursor>,
        reason: String,
    },
    /// End the runner after the current iteration, but not the session.
    Yield,
    /// Accept files of gates as they are now.
    AcceptGate { files: Vec<GateFile>, by: String },
    /// End now.
    Stop(Stop),
    /// Continue from an ending short of the goal.
    Resume {
        max_iterations: Option<u32>,
        #[serde(default)]
        change: Change,
    },
}

/// When a requested pause begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PauseAfter {
    /// Once the current iteration or wait is over.
    #[default]
    Iteration,
    /// Once the current node is done.
    Node,
}

impl PauseAfter {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde passes a reference"
    )]
    pub(super) fn is_iteration(&self) -> bool {
        *self == Self::Iteration
    }
}
