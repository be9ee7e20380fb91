//! An answer on its way to a session.
use super::id::QuestionId;
use super::reply::Reply;
use crate::model::id::NodeId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An answer to a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    pub id: QuestionId,
    /// The branch of the current block that asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<NodeId>,
    pub reply: Reply,
    /// How it is given: `ap answer`, `ap approve`.
    pub by: String,
    /// When it was given, which tells it from another answer to the same question.
    pub given_at: Timestamp,
}
