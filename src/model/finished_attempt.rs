//! An attempt that is over.
use super::attempt_cost::AttemptCost;
use super::cursor::Cursor;
use super::failure_class::FailureClass;
use super::iteration_effect::IterationEffect;
use super::outcome::Outcome;
use super::processes::Processes;
use super::usage::Usage;
use super::work_tree::WorkTree;
use serde::{Deserialize, Serialize};

/// An attempt that is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FinishedAttempt {
    pub cursor: Cursor,
    pub outcome: Outcome,
    /// The class of its failure, which the outcome determines; none if it reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<FailureClass>,
    /// What it used: as its program reported it, else as it was reckoned.
    pub usage: Usage,
    /// How its usage is known, if an agent ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Box<AttemptCost>>,
    /// What became of its processes, if its end is on record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processes: Option<Box<Processes>>,
    /// What its last words promise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub promises: Vec<String>,
    /// The project's files when the iteration was over, if they are in git.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tree: Option<WorkTree>,
    /// What the iteration changed, if this attempt ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<Box<IterationEffect>>,
}

impl FinishedAttempt {
    /// Returns an attempt that used and promised nothing.
    pub fn new(cursor: Cursor, outcome: Outcome) -> Self {
        Self {
            cursor,
            class: outcome.class(),
            outcome,
            usage: Usage::default(),
            cost: None,
            processes: None,
            promises: Vec::new(),
            tree: None,
            effect: None,
        }
    }
}
