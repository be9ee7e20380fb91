//! How a provider is called and how its output is read: arguments and text; no process is started here.
mod account;
mod adapter;
mod amp;
mod claude;
mod codex;
mod command;
mod context;
mod copilot;
mod custom;
mod dialogue;
mod environment;
mod failure;
mod gemini;
mod invocation;
mod judge;
mod model;
mod opencode;
mod options;
mod outcome;
mod prompt_delivery;
mod question;
mod registry;
mod scripted;
mod service;
mod signs;
mod spec;
#[cfg(test)]
mod tests;
mod transcript;

pub use account::{account, inherited};
pub use adapter::{Adapter, ErrorSource, ExitMeaning, Refusal};
pub use claude::{
    NO_TRAFFIC, PRICES_AS_OF, UsageAnswer, of_status_line, usage_answer, usage_request,
};
pub use context::InvocationContext;
pub use custom::{CustomOutput, CustomProvider, ProviderDef};
pub use dialogue::Dialogue;
pub use environment::{not_for_agents, stray_keys};
pub use invocation::{Invocation, invocation, judge_invocation, remove_dialogue, without_missing};
pub use judge::{JudgeInput, judge_prompt};
pub use options::AgentOptions;
pub use outcome::{missing_program, outcome};
pub use prompt_delivery::PromptDelivery;
pub use question::Question;
pub use registry::Provider;
pub use service::service;
pub use signs::{Sign, read_signs};
pub use spec::{AgentSpec, AttemptLimits, Escalation};
pub use transcript::{
    Activity, Allowance, Decoder, Denial, OpenRequests, OutputFormat, PermissionRequest, Piece,
    RateLimit, Transcript, TranscriptState, TurnEnd,
};
