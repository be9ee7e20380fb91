//! Definitions as written. Every key is optional, so that lint can report what is missing, and where.
mod branch_def;
mod confirm_def;
mod duration;
mod escalation_def;
mod hooks_def;
mod inputs_def;
mod loop_def;
mod merge;
mod need_def;
mod node_def;
mod notify_def;
mod pipeline_def;
mod project_def;
mod queue_def;
mod quota_def;
mod runs_def;
mod shape;
mod termination_def;

pub use branch_def::{BranchDef, FullBranchDef};
pub use confirm_def::{ConfirmDef, FullConfirmDef, UnansweredDef};
pub use duration::Span;
pub use escalation_def::{EscalateToDef, EscalationDef};
pub use hooks_def::{HookDef, HookWhenDef, HooksDef};
pub use inputs_def::{BranchesDef, FromBlockDef, FromParallelDef, NodeInputsDef};
pub use loop_def::{GuardrailsDef, LimitsDef, LoopDef, PERMISSIONS};
pub use need_def::NeedDef;
pub use node_def::{NodeDef, ParallelDef, ParallelKey};
pub use notify_def::{
    ChannelDef, HeartbeatDef, NotifyDef, NotifyLimitsDef, QuietDef, RuleDef, SecretRefDef,
    SourceDef,
};
pub use pipeline_def::{DefaultsDef, PipelineDef};
pub use project_def::{ModelsDef, ProjectDef};
pub use queue_def::{QUEUE_PROVIDERS, QueueCommandsDef, QueueDef};
pub use quota_def::{KeepDef, QuotaDef, WindowDef};
pub use runs_def::RunsDef;
pub use termination_def::{CommandDef, JudgeDef, TerminationDef};
