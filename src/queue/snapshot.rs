//! The tasks there are at one moment, written down for the fixture that is made of a session.
use super::error::Result;
use super::interface::Queue;
use super::runs::liveness;
use crate::model::QueueCounts;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Every open task by its id, how many are closed, and the titles of those that can be worked on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TaskSnapshot {
    pub counts: QueueCounts,
    pub titles: BTreeMap<String, String>,
}

impl TaskSnapshot {
    /// Asks a queue for all its tasks.
    pub fn of(queue: &dyn Queue) -> Result<Self> {
        let titles = queue
            .next()?
            .into_iter()
            .map(|task| (task.id, task.title))
            .collect();
        Ok(Self {
            counts: queue.counts(&liveness(queue))?,
            titles,
        })
    }
}
