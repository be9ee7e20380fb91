//! What a simulation came to.
use crate::model::ProjectId;
use jiff::SignedDuration;
use std::collections::BTreeMap;
use std::fmt;

#[derive(Clone, Debug, Default)]
pub(super) struct Report {
    pub(super) slices: u64,
    pub(super) iterations: u64,
    pub(super) recoveries: u64,
    pub(super) questions: u64,
    pub(super) restarts: u64,
    pub(super) waits: BTreeMap<&'static str, u64>,
    /// The longest time for which a project was due.
    pub(super) longest_wait: SignedDuration,
    /// The largest share of a window that was used.
    pub(super) most_used: f64,
    /// Projects whose status has no end, and no owner that changed it for a week.
    pub(super) stuck: Vec<ProjectId>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} slices, {} iterations, {} recoveries, {} questions, {} restarts; waits: {:?}; longest wait for a slice {:#}; at most {:.1} % of a window",
            self.slices,
            self.iterations,
            self.recoveries,
            self.questions,
            self.restarts,
            self.waits,
            self.longest_wait,
            self.most_used * 100.0
        )
    }
}
