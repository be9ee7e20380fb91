//! Stop when the queue itself says that every task is closed. Nothing else counts as empty.
use super::Evidence;
use crate::model::{NodeEnding, QueueStatus};

pub(super) fn ending(seen: &Evidence<'_>) -> Option<NodeEnding> {
    match seen.queue? {
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
