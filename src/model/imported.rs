//! What a project brings from an earlier program.
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What was known of a project before its first session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Imported {
    /// The names of the phases of its PRD that were over.
    #[serde(default)]
    pub phases: Vec<String>,
    /// Counters, score, conversation and job as the earlier program had them, for the record.
    pub record: Value,
}
