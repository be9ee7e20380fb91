//! What a plan is: everything a session does, frozen at its start as `plan.json`.
mod agent_spec;
mod branch_plan;
mod custom_provider;
mod fingerprint;
mod model_alias;
mod node;
mod provenance;
mod provider;
mod queue_spec;
mod session_plan;
mod step;
mod step_index;
pub mod suggest;
pub mod template;

pub use agent_spec::{AgentSpec, AttemptLimits};
pub use branch_plan::{BranchOf, Earlier};
pub use custom_provider::{Declared, Output, PromptDelivery};
pub use fingerprint::fingerprint;
pub use model_alias::model_alias;
pub use node::{BlockInput, Node, NodeInput, Select};
pub use provenance::{Said, Voice};
pub use provider::Provider;
pub use queue_spec::{
    BACKLOGS, ClaimBy, QueueSource, QueueSpec, TrackerCommands, bad_label, session_label,
};
pub use session_plan::{Guardrails, Origin, Plan, PlanKind, Source};
pub use step::{Block, Branch, OnFailure, Step};
