//! The iterations that are over.
use super::time::whole_seconds;
use crate::engine::state::IterationRecord;
use crate::model::{Decision, IterationEffect};
use crate::plan::Plan;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// An iteration that is over. It borrows: a view is made after every fact, and for each session of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct IterationView<'a> {
    /// From 1.
    pub run_number: u32,
    pub stage: Option<Cow<'a, str>>,
    pub iteration: u32,
    pub timestamp: Timestamp,
    pub attempts: u32,
    /// The agent that made the last attempt.
    pub agent: Cow<'a, str>,
    pub decision: Decision,
    /// Whether the agent voted to stop a judgment loop; the name is that of older versions.
    pub plateau: bool,
    pub reason: Cow<'a, str>,
    pub summary: Cow<'a, str>,
    pub files_touched: Cow<'a, [String]>,
    pub items_completed: Cow<'a, [String]>,
    pub errors: Cow<'a, [String]>,
    /// What it changed, as far as it is known.
    #[serde(default)]
    pub effect: Option<Cow<'a, IterationEffect>>,
}

impl<'a> IterationView<'a> {
    pub(super) fn new(plan: &'a Plan, record: &'a IterationRecord) -> Self {
        let (status, node) = (&record.status, plan.node(record.node));
        Self {
            run_number: plan.split(record.node).0 + 1,
            stage: node.map(|node| node.id.as_str().into()),
            iteration: record.iteration,
            timestamp: whole_seconds(record.at),
            attempts: record.attempts,
            agent: (&record.agent).into(),
            decision: status.decision,
            plateau: node.is_some_and(|node| node.termination.counts_votes())
                && status.decision == Decision::Stop,
            reason: (&status.reason).into(),
            summary: (&status.summary).into(),
            files_touched: (&status.work.files_touched).into(),
            items_completed: (&status.work.items_completed).into(),
            errors: (&status.errors).into(),
            effect: record.effect.as_ref().map(Cow::Borrowed),
        }
    }
}
