//! What a hook is: what runs when something happens in a session.
use super::notify::SecretRef;
use crate::model::{FailureClass, HookEvent, NodeEnding, SessionStatus};
use serde::{Deserialize, Serialize};

/// What runs when something happens in a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hook {
    pub event: HookEvent,
    #[serde(flatten)]
    pub action: HookAction,
    #[serde(default, skip_serializing_if = "HookWhen::is_always")]
    pub when: HookWhen,
    pub timeout_s: u64,
    #[serde(default)]
    pub on_failure: OnHookFailure,
    /// Whether the session waits for its end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub awaited: bool,
    /// Where it is defined.
    pub of: HookSource,
}

impl Hook {
    /// Seconds that a hook may take, by default.
    pub const TIMEOUT_S: u64 = 30;
    /// How often a hook with `on_failure: retry` runs at one moment at most.
    pub const MAX_TRIES: u32 = 3;

    /// Returns its program, or the kind of its action, as it is named in messages.
    pub fn name(&self) -> &str {
        match &self.action {
            HookAction::Command(argv) => argv.first().map_or("", String::as_str),
            HookAction::Webhook(_) => "webhook",
            HookAction::Message(_) => "message",
        }
    }
}

/// What a hook does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HookAction {
    /// Runs a program with these arguments.
    Command(Vec<String>),
    /// Posts the event to this address.
    Webhook(SecretRef),
    /// Sends this text to the channels whose rule names `message`.
    Message(String),
}

/// Where a hook is defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum HookSource {
    /// The user's `config.yaml`.
    Config,
    Pipeline,
    Loop,
    Node,
}

/// When a hook runs at its event; always, if nothing is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookWhen {
    /// One of these outcomes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outcome: Vec<HookOutcome>,
    /// The last attempt failed by one of these classes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub class: Vec<FailureClass>,
    /// Every so many of its moments; 0 and 1 are each.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub every: u32,
}

impl HookWhen {
    fn is_always(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a hook runs at the moment of this number, which has this outcome and class, if it has any.
    pub fn includes(
        &self,
        number: u32,
        outcome: Option<HookOutcome>,
        class: Option<FailureClass>,
    ) -> bool {
        let is_outcome = self.outcome.is_empty()
            || outcome.is_some_and(|outcome| self.outcome.contains(&outcome));
        let is_class =
            self.class.is_empty() || class.is_some_and(|class| self.class.contains(&class));
        is_outcome && is_class && number.is_multiple_of(self.every.max(1))
    }
}

/// How an iteration, a node or a session ended, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HookOutcome {
    /// The agent of an iteration says that there is more to do.
    Continue,
    /// It says that all is done.
    Stop,
    /// The iteration ended in an error.
    Error,
    /// The agent asks you something.
    Ask,
    /// A node or session reached its goal.
    Complete,
    /// A session failed.
    Failed,
    /// A node or session ended short of its goal.
    LimitReached,
    /// You stopped a session.
    Stopped,
    /// A session was ended from outside.
    Interrupted,
}

impl HookOutcome {
    /// Returns how a node ended.
    pub fn of_node(ending: &NodeEnding) -> Self {
        if ending.reached_goal() {
            Self::Complete
        } else {
            Self::LimitReached
        }
    }

    /// Returns how a session ended.
    pub fn of_session(status: SessionStatus) -> Option<Self> {
        match status {
            SessionStatus::Complete => Some(Self::Complete),
            SessionStatus::Failed => Some(Self::Failed),
            SessionStatus::LimitReached => Some(Self::LimitReached),
            SessionStatus::Stopped => Some(Self::Stopped),
            SessionStatus::Interrupted => Some(Self::Interrupted),
            SessionStatus::Running
            | SessionStatus::Waiting
            | SessionStatus::Paused
            | SessionStatus::Asking
            | SessionStatus::Crashed => None,
        }
    }

    /// Whether the event may have this outcome.
    pub fn is_of(self, event: HookEvent) -> bool {
        match event {
            HookEvent::IterationEnd => {
                matches!(self, Self::Continue | Self::Stop | Self::Error | Self::Ask)
            }
            HookEvent::NodeEnd => matches!(self, Self::Complete | Self::LimitReached),
            HookEvent::SessionEnd => {
                !matches!(self, Self::Continue | Self::Stop | Self::Error | Self::Ask)
            }
            HookEvent::SessionStart
            | HookEvent::NodeStart
            | HookEvent::IterationStart
            | HookEvent::Question
            | HookEvent::Wait => false,
        }
    }
}

/// What follows when a hook fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum OnHookFailure {
    /// It is recorded and shown.
    #[default]
    Note,
    /// It runs again, at most three times in all.
    Retry,
    /// The session asks you before it continues.
    Hold,
    /// The session fails.
    Fail,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
