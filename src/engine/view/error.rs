//! Why a session ended short of its goal.
use crate::model::{Ending, Limit, SessionStatus};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Why a session ended short of its goal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct ErrorView<'a> {
    /// `failed`, `limit_reached`, `stopped` or `interrupted`.
    #[serde(rename = "type")]
    pub status: SessionStatus,
    pub message: Cow<'a, str>,
    /// What to do about a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<Cow<'a, str>>,
    /// The limit that was reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Cow<'a, Limit>>,
    pub timestamp: Option<Timestamp>,
}

impl<'a> ErrorView<'a> {
    /// Returns why the ending is short of the goal, if it is.
    pub(super) fn new(ending: &'a Ending, timestamp: Option<Timestamp>) -> Option<Self> {
        let error = |message| Self {
            status: ending.status(),
            message,
            hint: None,
            limit: None,
            timestamp,
        };
        match ending {
            Ending::Completed { .. } => None,
            Ending::Failed {
                error: message,
                hint,
            } => Some(Self {
                hint: Some(hint.into()),
                ..error(message.into())
            }),
            Ending::LimitReached { limit } => Some(Self {
                limit: Some(Cow::Borrowed(limit)),
                ..error(limit.to_string().into())
            }),
            Ending::Stopped { by } => Some(error(format!("stopped by {by}").into())),
            Ending::Interrupted { by } => Some(error(format!("interrupted by {by}").into())),
        }
    }
}
