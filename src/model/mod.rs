//! The nouns: plain data, `serde` and nothing else. No clock, no files, no processes.
mod attempt_cost;
mod branch;
pub mod caller_env;
mod change;
mod command_output;
mod cursor;
mod effect;
mod ending;
mod env;
pub mod env_tag;
mod event;
mod failure_class;
mod finished_attempt;
mod fork;
mod gate;
mod hang_kind;
mod hook;
mod id;
mod imported;
mod input;
mod iteration_effect;
mod limit;
mod limit_text;
mod notice;
mod outcome;
mod own_files;
mod phase;
mod process;
mod processes;
mod question;
mod queue_status;
mod quota;
mod requirement;
mod result;
mod said;
mod session_status;
mod spender;
mod status;
mod stop;
mod task;
mod touched;
mod usage;
mod wait;
mod work_tree;

pub use attempt_cost::{AccountKind, AttemptCost, CostDoubt, CostGap};
pub use branch::{BranchReport, Orders};
pub use change::{Change, PermissionMode};
pub use command_output::CommandOutput;
pub use cursor::Cursor;
pub use effect::Effect;
pub use ending::{Ending, NodeEnding};
pub use env::Env;
pub use event::{Event, Line};
pub use failure_class::FailureClass;
pub use finished_attempt::FinishedAttempt;
pub use fork::ForkedFrom;
pub use gate::{GateFile, GateVerdict, VerifyAnswer};
pub use hang_kind::HangKind;
pub use hook::{HookEvent, HookExit, HookMoment, HookRun};
pub use id::{InvalidName, NodeId, ProjectId, RunId, SessionName};
pub use imported::Imported;
pub use input::{Input, PauseAfter, Request};
pub use iteration_effect::{ChangeKind, GateAnswer, IterationEffect, LastChange};
pub use limit::{Limit, RaisedLimit};
pub use notice::{NoticeKind, NoticeSeverity};
pub use outcome::{Exit, Outcome};
pub use own_files::OWN_FILES;
pub use phase::DonePhase;
pub use process::ProcessId;
pub use processes::{Contain, Containment, EndedTool, Processes, Scope};
pub use question::{
    AllowedCall, Answer, Answered, Asker, Deadline, GivenAnswer, MORE_PERMITS, Next,
    NotAQuestionId, PERMITS, Permission, PermissionDecision, Permit, Question, QuestionId, Reply,
    ReplyError, Resolved, Subject, decisions,
};
pub use queue_status::{QueueCounts, QueueStatus, Searched};
pub use quota::{
    Account, AccountKey, Moment, OutOfRange, QuotaDecision, QuotaLevel, QuotaReport, QuotaSource,
    RefusedValue, Share, WindowName, WindowReading, WindowStatus,
};
pub use requirement::Requirement;
pub use said::{Said, SaidText};
pub use session_status::SessionStatus;
pub use spender::Spender;
pub use status::{Decision, Status, StatusError, Work};
pub use stop::{Stop, StopSource};
pub use task::{Task, TaskState};
pub use touched::{Touch, Touched, TouchedFile, repaired, summary as touched_files};
pub use usage::Usage;
pub use wait::WaitReason;
pub use work_tree::WorkTree;
