//! `hooks:` of a loop, a node, a pipeline or `config.yaml`.
use super::duration::Span;
use super::notify_def::SecretRefDef;
use crate::model::{FailureClass, HookEvent};
use crate::plan::{HookOutcome, OnHookFailure};
use serde::Deserialize;

/// What runs when something happens in a session.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct HooksDef {
    /// When a session begins.
    pub session_start: Vec<HookDef>,
    /// When it ends.
    pub session_end: Vec<HookDef>,
    /// When a node, or a parallel block, begins.
    pub node_start: Vec<HookDef>,
    /// When it is done.
    pub node_end: Vec<HookDef>,
    /// Before the first attempt of an iteration. The session waits for them.
    pub iteration_start: Vec<HookDef>,
    /// When an iteration is over. The session waits for them.
    pub iteration_end: Vec<HookDef>,
    /// When the session asks you something.
    pub question: Vec<HookDef>,
    /// When it begins to wait for something other than your answer.
    pub wait: Vec<HookDef>,
}

impl HooksDef {
    /// Returns the hooks of each event.
    pub fn by_event(&self) -> [(HookEvent, &[HookDef]); 8] {
        [
            (HookEvent::SessionStart, &self.session_start),
            (HookEvent::SessionEnd, &self.session_end),
            (HookEvent::NodeStart, &self.node_start),
            (HookEvent::NodeEnd, &self.node_end),
            (HookEvent::IterationStart, &self.iteration_start),
            (HookEvent::IterationEnd, &self.iteration_end),
            (HookEvent::Question, &self.question),
            (HookEvent::Wait, &self.wait),
        ]
    }
}

/// One hook.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct HookDef {
    /// The program and its arguments. It gets the event as JSON on its standard input; no shell is between.
    pub command: Option<Vec<String>>,
    /// The address that the event is posted to, as JSON.
    pub webhook: Option<SecretRefDef>,
    /// The text that is sent to the channels whose rule in `notify` names `message`.
    pub message: Option<String>,
    /// When it runs; always, if nothing is given.
    pub when: HookWhenDef,
    /// How long it may take; 30s by default.
    pub timeout: Option<Span>,
    /// `note` its failure (the default), `retry`, `hold` the session until you decide, or `fail` it.
    pub on_failure: Option<OnHookFailure>,
    /// Whether the session waits for its end.
    #[serde(rename = "await")]
    pub awaited: Option<bool>,
}

impl HookDef {
    /// Whether the session waits for the hook's end.
    pub fn is_awaited(&self, event: HookEvent) -> bool {
        event.is_always_awaited() || self.awaited == Some(true)
    }
}

/// When a hook runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct HookWhenDef {
    /// How the iteration, the node or the session ended: one of these.
    pub outcome: Vec<HookOutcome>,
    /// The class of the last failure: one of these.
    pub class: Vec<FailureClass>,
    /// Every so many iterations, nodes, questions or waits.
    pub every: Option<u32>,
}
