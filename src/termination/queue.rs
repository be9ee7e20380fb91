//! Stop when the queue itself says that every task is closed. Nothing else counts as empty.
use super::Evidence;
use crate::model::{NodeEnding, Verdict};

pub(super) fn ending(seen: &Evidence<'_>) -> Option<NodeEnding> {
    match seen.queue? {
        Verdict::Done { closed } => Some(NodeEnding::QueueEmpty { closed: *closed }),
        Verdict::Work { .. }
        | Verdict::Wait { .. }
        | Verdict::ReleaseStale { .. }
        | Verdict::Stalled { .. }
        | Verdict::NoItems { .. }
        | Verdict::Busy { .. }
        | Verdict::Unknown { .. } => None,
    }
}
