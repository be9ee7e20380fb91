//! What a fork is made from.
use super::cut::Cut;
use crate::model::ForkedFrom;
use crate::plan::Plan;
use crate::store::layout::{Project, RunDir};

/// A fork to be made.
#[derive(Debug)]
pub struct Fork<'a> {
    /// The forked session and its project.
    pub old: (&'a Project, &'a RunDir),
    pub new: &'a Project,
    /// The plan, with the session and run it is for; its paths are still the old session's.
    pub plan: Plan,
    pub cut: Cut,
    pub from: ForkedFrom,
}
