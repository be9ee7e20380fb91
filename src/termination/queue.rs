//! Stop when the queue reports that every task is closed. Nothing else counts as empty.
use super::strategy::{Answer, Evidence, GateNumbers, Strategy};
use crate::model::{NodeEnding, QueueStatus};
use serde::{Deserialize, Serialize};

/// Ends when the node's queue is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {}

impl Strategy for Queue {
    fn name(&self) -> &'static str {
        "queue"
    }

    fn answer(&self, seen: &Evidence<'_>, _: &mut GateNumbers) -> Answer {
        seen.queue.and_then(ending).into()
    }

    fn describe(&self) -> String {
        "the queue is empty".to_owned()
    }

    fn goal(&self) -> &'static str {
        "the queue was empty"
    }

    fn must_reach_goal(&self) -> bool {
        true
    }

    fn asks_queue(&self) -> bool {
        true
    }
}

fn ending(queue: &QueueStatus) -> Option<NodeEnding> {
    match queue {
        QueueStatus::Done { closed } => Some(NodeEnding::QueueEmpty { closed: *closed }),
        QueueStatus::Work { .. }
        | QueueStatus::Wait { .. }
        | QueueStatus::ReleaseStale { .. }
        | QueueStatus::Stalled { .. }
        | QueueStatus::NoItems { .. }
        | QueueStatus::Busy { .. }
        | QueueStatus::Unknown { .. } => None,
    }
}
