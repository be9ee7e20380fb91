//! `confirm:` of a loop, a node or a pipeline.
use super::duration::Span;
use super::shape::{Shape, of_shape};
use crate::model::Next;
use crate::plan::{Confirm, ConfirmWhen, Unanswered};
use serde::{Deserialize, Deserializer};

/// Where you are asked before the session continues: a message alone asks before the first iteration, or stage.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemas", schemars(untagged))]
pub enum ConfirmDef {
    #[default]
    Nothing,
    Message(String),
    Full(FullConfirmDef),
}

/// Where you are asked, and what happens without an answer.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct FullConfirmDef {
    /// Before the `first` iteration of a loop or stage of a pipeline, or before `every` one.
    pub before: Option<ConfirmWhen>,
    /// After the `first` iteration or stage, or after `every` one.
    pub after: Option<ConfirmWhen>,
    /// The question.
    pub message: Option<String>,
    /// The time between reminders; 4h by default.
    pub remind: Option<Span>,
    /// What happens without an answer; otherwise it waits for you.
    pub unanswered: Option<UnansweredDef>,
}

/// What happens to a question that you do not answer.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct UnansweredDef {
    /// How long it waits for you.
    pub after: Span,
    /// `go` on, `skip` the node, or `stop` the session.
    #[serde(rename = "do")]
    pub next: Next,
}

impl Shape for ConfirmDef {
    const EXPECTED: &'static str =
        "a message, or `before`, `after`, `message`, `remind` and `unanswered`";
    type Map = FullConfirmDef;

    fn map(map: FullConfirmDef) -> Self {
        Self::Full(map)
    }

    fn text(text: &str) -> Option<Self> {
        (!text.trim().is_empty()).then(|| Self::Message(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for ConfirmDef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        of_shape(deserializer)
    }
}

impl ConfirmDef {
    /// Returns what is confirmed, if anything is.
    pub fn confirm(&self) -> Option<Confirm> {
        match self {
            Self::Nothing => None,
            Self::Message(message) => Some(Confirm {
                before: Some(ConfirmWhen::First),
                message: message.clone(),
                remind_s: Confirm::REMIND_S,
                ..Confirm::default()
            }),
            Self::Full(full) => Some(full.confirm()),
        }
    }

    /// Whether it names no moment at which to ask.
    pub fn never_asks(&self) -> bool {
        let confirm = self.confirm();
        confirm.is_some_and(|it| it.before.is_none() && it.after.is_none())
    }
}

impl FullConfirmDef {
    fn confirm(&self) -> Confirm {
        Confirm {
            before: self.before,
            after: self.after,
            message: self.message.clone().unwrap_or_default(),
            remind_s: self.remind.map_or(Confirm::REMIND_S, Span::seconds),
            unanswered: self.unanswered.map(|rule| Unanswered {
                after_s: rule.after.seconds(),
                next: rule.next,
            }),
        }
    }
}
