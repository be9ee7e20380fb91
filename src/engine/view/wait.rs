//! What a session waits for.
use crate::engine::state::Phase;
use crate::model::WaitReason;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What a session waits for, since when and until when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct WaitView<'a> {
    /// The reason in words.
    #[serde(rename = "for")]
    pub text: String,
    pub reason: Cow<'a, WaitReason>,
    pub since: Timestamp,
    /// `null` if only you end it.
    pub until: Option<Timestamp>,
    /// When the session ends if nothing changes, where that is bounded.
    #[serde(default)]
    pub gives_up_at: Option<Timestamp>,
}

impl<'a> WaitView<'a> {
    /// Returns the wait of a phase, if it is one.
    pub(super) fn new(phase: &'a Phase) -> Option<Self> {
        match phase {
            Phase::Waiting {
                reason,
                since,
                until,
            } => Some(Self {
                text: reason.to_string(),
                reason: Cow::Borrowed(reason),
                since: *since,
                until: (*until < Timestamp::MAX).then_some(*until),
                gives_up_at: reason.gives_up_at(),
            }),
            Phase::New
            | Phase::Ready
            | Phase::Running { .. }
            | Phase::Parallel
            | Phase::Exited { .. }
            | Phase::Ended { .. } => None,
        }
    }
}
