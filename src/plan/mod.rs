//! What a plan is: everything a session does, frozen at its start as `plan.json`.
mod branch_plan;
mod budgets;
mod confirm;
mod hook;
mod hook_index;
mod need;
mod node;
mod notify;
mod provenance;
mod queue_spec;
mod quota_hours;
mod quota_policy;
mod session_plan;
mod step;
mod step_index;
pub mod suggest;
pub mod template;

pub use branch_plan::{BranchContext, Prior};
pub use budgets::{Budgets, PeriodBudget};
pub use confirm::{Confirm, ConfirmWhen, OnTrouble, Unanswered};
pub use hook::{Hook, HookAction, HookOutcome, HookSource, HookWhen, OnHookFailure};
pub use need::Need;
pub use node::{BlockInput, Node, NodeInput, Select};
pub use notify::{
    Channel, ChannelKind, Heartbeat, NotQuietHours, NotifyPolicy, Quiet, Rule, SecretRef, Target,
    TelegramTarget,
};
pub use provenance::{SettingOrigin, SettingSource};
pub use queue_spec::{
    BACKLOGS, ClaimBy, QueueSource, QueueSpec, TrackerCommands, bad_label, session_label,
};
pub use quota_hours::{Days, Hours};
pub use quota_policy::{
    Keep, Pace, QuotaLimits, QuotaPolicy, WhenUnknown, WindowLimits, WindowPolicy,
};
pub use session_plan::{Guardrails, OnTampering, Origin, Plan, PlanKind, Source};
pub use step::{Block, Branch, OnFailure, Step};
