//! The kinds of events in the log of everything. Their names and fields are an interface: they are added to, not changed.
use crate::model::{Decision, FailureClass, NoticeKind};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

macro_rules! events {
    ($($(#[doc = $about:literal])+ $name:literal $variant:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty),* $(,)? })+) => {
        /// An event of the log of everything.
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
        #[serde(tag = "kind")]
        pub enum LogEvent {
            $($(#[doc = $about])+ #[serde(rename = $name)] $variant { $($(#[$field_meta])* $field: $type),* },)+
        }

        /// Each kind of event and what it is.
        pub const EVENT_KINDS: &[(&str, &str)] = &[$(($name, concat!($($about),+))),+];

        impl LogEvent {
            /// Returns its kind.
            pub fn kind(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => $name,)+
                }
            }
        }
    };
}

events! {
    /// A session began.
    "session_started" SessionStarted {}
    /// A runner works on the session from here on.
    "runner_started" RunnerStarted { pid: i32, slice: Option<u64> }
    /// The runner ended, because there is nothing to do before this time.
    "runner_parked" RunnerParked { reason: String, until: Option<Timestamp> }
    /// The runner was asked to end after its iteration, because other projects wait.
    "yield_requested" YieldRequested {}
    /// You resumed the session.
    "session_resumed" SessionResumed { max_iterations: Option<u32> }
    /// The session's plan was compiled again.
    "plan_replaced" PlanReplaced {}
    /// The session continues another one.
    "session_forked" SessionForked { from_session: String, iteration: u32 }
    /// An attempt at an iteration began: a cycle, if it is the first attempt.
    "iteration_started" IterationStarted { iteration: u32, attempt: u32, step: u32, agent: String }
    /// The agent of an attempt runs.
    "agent_started" AgentStarted { iteration: u32, attempt: u32, step: u32, pid: i32 }
    /// The agent of an attempt ended. The cycle is over, if `ends_iteration`.
    "agent_exited" AgentExited {
        /// `reported`, `unreported`, `crashed`, `refused`, `timed_out`, `rate_limited`, `throttled`, `outage`, `environment`, `budget_exhausted`, `lost` or `cancelled`.
        outcome: &'static str,
        reason: String,
        class: Option<FailureClass>,
        decision: Option<Decision>,
        summary: String,
        ends_iteration: bool,
        iteration: u32,
        attempt: u32,
        step: u32,
        cost_usd: f64,
        input_tokens: u64,
        output_tokens: u64,
        turns: u64,
        tasks_closed: Option<u32>,
        commits: Option<u32>,
        files: Option<u32>,
    }
    /// An agent asks for you: the session asks you as soon as no agent runs.
    "agent_blocked" AgentBlocked { reason: String, iteration: u32, attempt: u32, step: u32 }
    /// A limit was reached while an agent ran.
    "budget_reached" BudgetReached { reason: String, iteration: u32 }
    /// Another account than before would pay.
    "account_changed" AccountChanged { account: &'static str }
    /// The account that pays was accepted.
    "account_accepted" AccountAccepted {}
    /// The budget of a day or week is used up.
    "budget_held" BudgetHeld { reason: String, until: Timestamp }
    /// The cost of an attempt is doubtful.
    "cost_doubted" CostDoubted { reason: String }
    /// The branches of a parallel block began.
    "block_started" BlockStarted { step: u32, attempt: u32 }
    /// A branch completed an iteration or ended.
    "branch_reported" BranchReported { reason: String, branch: String, step: u32, iterations: u32, cost_usd: f64 }
    /// The branches of a block end, because a limit is reached.
    "block_draining" BlockDraining { reason: String }
    /// A check, a command or a judge answered whether the work is done.
    "gate_answered" GateAnswered {
        /// `stop`, `continue`, `in_progress`, `broken` or `unavailable`.
        verdict: &'static str,
        reason: String,
        gate: String,
        passed: Option<bool>,
        score: Option<f64>,
        complete: Option<bool>,
        cost_usd: f64,
    }
    /// You accepted files of gates as they are now.
    "gate_accepted" GateAccepted { files: Vec<String>, by: String }
    /// A phase of the PRD is over.
    "phase_finished" PhaseFinished { phase: String }
    /// The project comes from an earlier program.
    "project_imported" ProjectImported {}
    /// The queue was read: how many tasks are open and closed, as far as it says.
    "queue_checked" QueueChecked {
        /// `done`, `work`, `wait`, `release_stale`, `stalled`, `no_items`, `busy` or `unknown`.
        status: &'static str,
        reason: String,
        open: Option<u32>,
        closed: Option<u32>,
        released: Vec<String>,
        parked: Vec<String>,
    }
    /// A task was claimed for an attempt.
    "task_claimed" TaskClaimed { task: String, title: String, iteration: u32 }
    /// The journal was not as its runner left it, and was put right.
    "journal_repaired" JournalRepaired { reason: String }
    /// Files were not as they should be.
    "files_touched" FilesTouched { reason: String }
    /// The quota was read before an attempt.
    "quota_read" QuotaRead {
        /// `go` or `hold`.
        decision: &'static str,
        reason: String,
        until: Option<Timestamp>,
        agent: String,
        /// What is used of each window, from 0 to 1.
        used: BTreeMap<String, f64>,
    }
    /// A threshold of a week of the quota was reached.
    "quota_warned" QuotaWarned { window: String, used: f64, percent: u8, resets_at: Option<Timestamp> }
    /// The session asks you something.
    "question_asked" QuestionAsked { question: String, text: String, choices: Vec<String> }
    /// A question was answered.
    "question_answered" QuestionAnswered { question: String, answer: String, by: String }
    /// A question needs no answer any more.
    "question_withdrawn" QuestionWithdrawn { question: String }
    /// A permission was decided by an earlier answer of yours.
    "permission_decided" PermissionDecided { reason: String, tool: String, call: String }
    /// You said something to the agent.
    "user_said" UserSaid { text: String, by: String }
    /// The agent read what you said.
    "agent_told" AgentTold { text: String, by: String, iteration: u32 }
    /// A hook that the session waits for began.
    "hook_started" HookStarted { hook: u32, event: String, attempt: u32 }
    /// It ended.
    "hook_ended" HookEnded { reason: String, code: Option<i32>, hook: u32, event: String, attempt: u32 }
    /// The session waits.
    "wait_started" WaitStarted {
        /// `delay`, `retry`, `rate_limit`, `throttle`, `outage`, `environment`, `quota`, `budget`, `busy_queue`, `question`, `queue` or `job`.
        wait: &'static str,
        reason: String,
        until: Timestamp,
    }
    /// The wait is over.
    "wait_ended" WaitEnded {}
    /// A pause was requested.
    "pause_requested" PauseRequested {}
    /// The pause was ended.
    "continue_requested" ContinueRequested {}
    /// The session was asked to end.
    "stop_requested" StopRequested { by: String }
    /// A node of the plan is done.
    "node_finished" NodeFinished { reason: String, node: String, step: u32, reached_goal: bool }
    /// The session ended.
    "session_finished" SessionFinished {
        /// `complete`, `failed`, `limit_reached`, `stopped` or `interrupted`.
        status: &'static str,
        reason: String,
    }
    /// The supervisor began; `after_crash` says that the last one did not record its end.
    "supervisor_started" SupervisorStarted { pid: i32, after_crash: bool }
    /// The supervisor was told to end: `now`, `drain` or `leave`.
    "supervisor_stopping" SupervisorStopping { by: String, how: &'static str }
    /// The supervisor ended.
    "supervisor_stopped" SupervisorStopped {}
    /// You said whether the supervisor shall run: `run` or `stop`.
    "desired_changed" DesiredChanged { desired: &'static str, by: String }
    /// No slices are given.
    "fleet_paused" FleetPaused { by: String, until: Option<Timestamp> }
    /// Slices are given again.
    "fleet_continued" FleetContinued { by: String }
    /// A project was added.
    "project_added" ProjectAdded { root: String, weight: u32 }
    /// A project was removed.
    "project_removed" ProjectRemoved {}
    /// A project was moved.
    "project_moved" ProjectMoved { root: String }
    /// A project has another share of the slices.
    "project_weighted" ProjectWeighted { weight: u32 }
    /// The project's session may run.
    "slice_given" SliceGiven { slice: u64 }
    /// Iterations of the project's session were completed.
    "progressed" Progressed { iterations: u32, succeeded: u32 }
    /// The project does something else now.
    "status_changed" StatusChanged {
        /// `due`, `running`, `waiting`, `detached`, `paused`, `blocked`, `done` or `unfit`.
        status: &'static str,
        reason: String,
        /// `session`, `interrupted`, `started_by_you`, `recovery_scheduled`, `recovery_given_up`, `refused`, `wait_over`, `request`, `others_wait`, `reopened`, `counted`, `unfit`, `fit_again`, `disk_low`, `disk_free` or `request_waits`.
        cause: &'static str,
        by: Option<String>,
        until: Option<Timestamp>,
        /// Open tasks, of a project that was done or has work again.
        open: Option<u32>,
        recovery: Option<u32>,
    }
    /// Your command that makes room was started.
    "room_requested" RoomRequested {}
    /// It ended.
    "room_made" RoomMade { code: Option<i32> }
    /// A message to you was delivered.
    "notification_sent" NotificationSent { event: NoticeKind, channel: String, title: String }
    /// A message to you was given up.
    "notification_failed" NotificationFailed { event: NoticeKind, reason: String, channel: String, title: String }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_kind_has_a_name_of_its_own_and_says_what_it_is() {
        let names: BTreeSet<&str> = EVENT_KINDS.iter().map(|(name, _)| *name).collect();
        assert_eq!(names.len(), EVENT_KINDS.len());
        assert!(
            EVENT_KINDS
                .iter()
                .all(|(_, about)| about.trim().ends_with('.'))
        );
        assert_eq!(LogEvent::WaitEnded {}.kind(), "wait_ended");
    }
}
