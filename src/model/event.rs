//! Facts: the lines of `events.jsonl`.
use super::attempt_cost::{AccountKind, CostDoubt};
use super::branch::BranchReport;
use super::change::Change;
use super::cursor::Cursor;
use super::ending::{Ending, NodeEnding};
use super::finished_attempt::FinishedAttempt;
use super::fork::ForkedFrom;
use super::gate::{GateFile, GateVerdict, VerifyAnswer};
use super::hook::{HookExit, HookRun};
use super::id::{NodeId, RunId, SessionName};
use super::imported::Imported;
use super::input::PauseAfter;
use super::limit::Limit;
use super::phase::DonePhase;
use super::process::ProcessId;
use super::processes::Containment;
use super::question::{GivenAnswer, Permission, PermissionDecision, Question, QuestionId};
use super::queue_status::QueueStatus;
use super::quota::{AccountKey, QuotaDecision, Share, WindowName, WindowReading};
use super::said::Said;
use super::stop::Stop;
use super::task::Task;
use super::touched::TouchedFile;
use super::usage::Usage;
use super::wait::WaitReason;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One line of a journal: of a session's, unless it says otherwise. It ends with the field `sum`: a checksum over its bytes and the line before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line<E = Event> {
    /// Version of the format.
    pub v: u32,
    /// 1-based and without gaps.
    pub seq: u64,
    pub at: Timestamp,
    pub event: E,
}

impl Line {
    /// The format this program reads and writes.
    pub const VERSION: u32 = 2;
}

/// Something that happened. Named in the past tense; never changes its meaning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum Event {
    SessionStarted {
        session: SessionName,
        run: RunId,
        /// Fingerprint of `plan.json`: a plan that was edited is not run.
        #[serde(default)]
        plan: String,
    },
    /// A runner acquired the session: at its start and after every crash, stop or failure.
    RunnerStarted {
        runner: ProcessId,
        version: String,
        /// The slice for which a supervisor started it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        slice: Option<u64>,
    },
    /// A runner that a supervisor started has ended before its session has: there is nothing to do before this time, or
    /// before something happens.
    RunnerParked {
        until: Option<Timestamp>,
        why: String,
    },
    /// The runner was asked to end after the current iteration, because other projects wait.
    YieldRequested,
    /// The project comes from an earlier program, which had come so far.
    ProjectImported(Imported),
    /// The user resumed the session; `max_iterations` replaces the current node's.
    SessionResumed {
        max_iterations: Option<u32>,
        /// What the user changed.
        #[serde(default)]
        change: Change,
    },
    /// The plan was compiled again; this is the fingerprint of the new `plan.json`.
    PlanReplaced {
        plan: String,
    },
    /// The lines before this one were copied from another session.
    SessionForked {
        from: ForkedFrom,
    },
    /// An attempt begins: an agent may be running from now on.
    IterationStarted {
        cursor: Cursor,
        /// Index of the agent that makes this attempt in the node's chain; 0 is the node's own.
        #[serde(default)]
        fallback: u32,
        /// Label of that agent.
        #[serde(default)]
        agent: String,
    },
    /// The shim of the attempt is alive.
    AgentStarted {
        cursor: Cursor,
        shim: ProcessId,
        /// How the agent is contained, if this runner started it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        containment: Option<Containment>,
    },
    AgentExited(FinishedAttempt),
    /// A budget of the session is reached while an agent runs: the agent is ended, and its iteration is unfinished.
    BudgetReached {
        cursor: Cursor,
        limit: Limit,
    },
    /// A session that began on a subscription would be billed by an API key: its agent is ended, and it asks you.
    AccountChanged {
        account: AccountKind,
    },
    /// The session of a branch accepts the account that would bill it.
    AccountAccepted,
    /// The budget of a day or a week is spent, over all sessions: no agent runs before it is over.
    BudgetHeld {
        /// In words, with the numbers.
        reason: String,
        until: Timestamp,
    },
    /// The cost of the attempt that has just ended is doubtful.
    CostDoubted(CostDoubt),
    /// The branches of a parallel block begin or continue; the cursor's attempt counts how often.
    BlockStarted {
        cursor: Cursor,
    },
    /// A branch completed an iteration, or ended.
    BranchReported {
        step: u32,
        branch: NodeId,
        report: BranchReport,
    },
    /// A limit of the session is reached: its branches end as soon as their agents do.
    BlockDraining {
        limit: Limit,
    },
    /// A command or a judge answered whether the node is done; `gate` is its number in the termination.
    GateAnswered {
        gate: u32,
        name: String,
        verdict: GateVerdict,
        /// What a command printed as JSON, if it did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answer: Option<VerifyAnswer>,
        /// If it passed, the phases of the PRD whose boxes are all ticked, and that were not over before.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        phases: Vec<DonePhase>,
        usage: Usage,
    },
    /// You accepted files of gates as they are now; a question about them is answered.
    GateAccepted {
        files: Vec<GateFile>,
        by: String,
    },
    /// A phase of the PRD is over.
    PhaseFinished {
        phase: DonePhase,
    },
    /// The queue was checked. Of the tasks that agents left unfinished, `released` can be claimed again; `parked` failed
    /// too often and wait for the user.
    QueueChecked {
        status: QueueStatus,
        released: Vec<String>,
        #[serde(default)]
        parked: Vec<String>,
    },
    /// The engine claimed a task for the next attempt.
    TaskClaimed {
        cursor: Cursor,
        task: Task,
    },
    /// The journal was not as its runner left it. What others had added was moved to `events.found.jsonl`; what was
    /// missing or changed is as it was.
    JournalRepaired {
        /// Bytes of others that were moved.
        bytes: u64,
        /// Bytes that were restored.
        #[serde(default)]
        restored: u64,
        /// The attempt that ran meanwhile.
        by: Option<Cursor>,
    },
    /// Files were not as they should be.
    FilesTouched {
        files: Vec<TouchedFile>,
        /// The attempt that ran meanwhile.
        by: Option<Cursor>,
        /// Whether the session asks you before it continues.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        asks: bool,
    },
    /// The quota was read before an attempt of an agent, and the user's policy decided: the attempt may begin, or its agent
    /// is held, or no longer held.
    QuotaRead {
        /// The agent's label.
        agent: String,
        account: AccountKey,
        /// What was known of its windows.
        windows: Vec<WindowReading>,
        /// What may be used of them by now.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        allowed: BTreeMap<WindowName, Share>,
        /// A fingerprint of the policy that decided.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        policy: String,
        decision: QuotaDecision,
    },
    /// A threshold of a week of the quota is reached; `percent` is the threshold.
    QuotaWarned {
        window: WindowName,
        used: Share,
        percent: u8,
        resets_at: Option<Timestamp>,
    },
    /// The session asks you something, and runs no agent until it has an answer.
    QuestionAsked {
        question: Question,
    },
    /// You answered a question, or its time was up.
    QuestionAnswered {
        /// The branch of the current block that asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        branch: Option<NodeId>,
        #[serde(flatten)]
        answer: GivenAnswer,
    },
    /// The agent at work does not wait for the answer any more.
    QuestionWithdrawn {
        id: QuestionId,
    },
    /// An agent asks for you with `ap block`: the session asks you as soon as no agent runs.
    AgentBlocked {
        cursor: Cursor,
        reason: String,
    },
    /// A permission was decided without asking you, by an earlier answer of yours.
    PermissionDecided {
        cursor: Cursor,
        permission: Permission,
        decision: PermissionDecision,
    },
    /// You said something to the session's agent. It reads that while it works, if it takes messages; the next one begins with it.
    UserSaid(Said),
    /// The agent at work has read what you said.
    AgentTold {
        cursor: Cursor,
        /// That of the text in [`Event::UserSaid`].
        id: String,
        text: String,
        by: String,
        delivered_at: Timestamp,
    },
    /// A hook that the session waits for begins.
    HookStarted(HookRun),
    /// It ended. `again` tells that its run began under an earlier runner, which did not see its end.
    HookEnded {
        #[serde(flatten)]
        run: HookRun,
        exit: HookExit,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        again: bool,
    },
    WaitStarted {
        reason: WaitReason,
        until: Timestamp,
    },
    WaitEnded,
    /// A pause was requested; it begins as soon as no agent runs, or once the node is done.
    PauseRequested {
        #[serde(default, skip_serializing_if = "PauseAfter::is_iteration")]
        after: PauseAfter,
    },
    ContinueRequested,
    StopRequested(Stop),
    NodeFinished {
        node: u32,
        id: NodeId,
        ending: NodeEnding,
    },
    SessionFinished {
        ending: Ending,
    },
}
