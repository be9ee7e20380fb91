//! The rows and days of `ap cost`.
use crate::model::Usage;
use serde::Serialize;

/// One row of `ap cost`.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct Row {
    /// The session, day, model, node or project.
    pub(super) name: String,
    /// Attempts, and answers of judges.
    pub(super) attempts: u64,
    pub(super) usage: Usage,
}

/// What was spent on a day.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub(super) struct Day {
    /// In your time zone: `2026-11-30`.
    pub(super) day: String,
    pub(super) usd: f64,
}
