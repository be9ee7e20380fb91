//! Questions: who asks, about what, and what follows from an answer.
use super::id::QuestionId;
use super::permission::Permission;
use crate::model::cursor::Cursor;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Asker {
    /// An agent, in its status.
    Agent,
    /// A gate that gives no answer.
    Gate,
    /// A hook.
    Hook,
    /// `confirm:` in a definition.
    Confirm,
    /// An account that would bill you.
    Budget,
    /// The engine, which could not continue by itself.
    Engine,
}

/// What a question is about. It decides what an answer changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Subject {
    /// What an agent asked in its status.
    Agent { cursor: Cursor },
    /// A permission that the agent at work asks for; it waits for the answer.
    Permission { cursor: Cursor },
    /// Whether the agent at work may ask for more permissions.
    ManyPermissions { cursor: Cursor },
    /// Whether an iteration may begin.
    BeforeIteration { iteration: u32 },
    /// Whether the session may continue after an iteration.
    AfterIteration { iteration: u32 },
    /// Whether a step of a pipeline may begin; `finished` steps are done.
    BeforeStep { finished: u32 },
    /// Whether the pipeline may continue after this many steps.
    AfterStep { finished: u32 },
    /// A gate that gave no answer several times.
    BrokenGate,
    /// A queue of which no task can be claimed.
    StalledQueue,
    /// An agent that changed files of a session.
    Tampering,
    /// An account that would bill you.
    Billing,
    /// A hook that failed, by its number in the plan.
    Hook { hook: u32 },
}

impl Subject {
    /// Returns who asks about it.
    pub fn asker(self) -> Asker {
        match self {
            Self::Agent { .. } | Self::Permission { .. } => Asker::Agent,
            Self::BeforeIteration { .. }
            | Self::AfterIteration { .. }
            | Self::BeforeStep { .. }
            | Self::AfterStep { .. } => Asker::Confirm,
            Self::BrokenGate => Asker::Gate,
            Self::StalledQueue | Self::Tampering | Self::ManyPermissions { .. } => Asker::Engine,
            Self::Billing => Asker::Budget,
            Self::Hook { .. } => Asker::Hook,
        }
    }
}

/// What happens after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Next {
    /// The session continues.
    Go,
    /// The node is done, and the next one begins.
    Skip,
    /// The session is stopped, and can be resumed.
    Stop,
}

/// A question of a session to you.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Question {
    pub id: QuestionId,
    pub asked_at: Timestamp,
    pub by: Asker,
    pub subject: Subject,
    pub text: String,
    /// The answers to choose from; if there are none, the answer is a text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// What happens after an answer other than that the session continues with it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub what_happens: BTreeMap<String, Next>,
    /// What an agent asks to be allowed, if that is the question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permission: Option<Permission>,
    /// When it is answered without you, and how; it waits for you if there is no such time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Deadline>,
    /// Seconds between reminders.
    pub remind_s: u64,
}

impl Question {
    /// Whether an agent waits for the answer while it is at work.
    pub fn is_permission(&self) -> bool {
        matches!(
            self.subject,
            Subject::Permission { .. } | Subject::ManyPermissions { .. }
        )
    }

    /// Whether the answer is a text of your own, for an agent.
    pub fn takes_any_text(&self) -> bool {
        matches!(self.subject, Subject::Agent { .. })
    }
}

/// When a question is answered without you, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Deadline {
    pub at: Timestamp,
    #[serde(rename = "do")]
    pub next: Next,
}

/// A question that was answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Answered {
    pub id: QuestionId,
    pub asker: Asker,
    pub question: String,
    pub answer: String,
    /// How it was given: `ap answer`, `ap approve`, `its time limit`.
    pub by: String,
    pub at: Timestamp,
}

/// The words with which you answer what `ap` asks by itself, and what each does.
pub fn decisions(offers_skip: bool) -> (Vec<String>, BTreeMap<String, Next>) {
    let all = [
        ("approve", Next::Go),
        ("skip", Next::Skip),
        ("reject", Next::Stop),
    ];
    let offered = all
        .into_iter()
        .filter(|(_, next)| offers_skip || *next != Next::Skip)
        .map(|(word, next)| (word.to_owned(), next));
    let choices = offered.clone().map(|(word, _)| word).collect();
    (choices, offered.collect())
}
