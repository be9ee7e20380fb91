//! What will happen, in order of time.
use crate::model::ProjectId;
use jiff::Timestamp;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Something that will happen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Happening {
    /// An iteration of this generation is over.
    IterationOver(ProjectId, u64),
    /// The supervisor asked to be woken.
    Wake,
    /// The supervisor looks at projects that are done.
    Sweep,
    /// It is killed, and comes up again.
    Restart,
    /// You look at what is asked.
    YouLook,
    /// An outage may begin.
    Day,
}

/// A heap of what will happen; what happens at one time happens in the order it was put there.
#[derive(Debug, Default)]
pub(super) struct Heap {
    heap: BinaryHeap<Reverse<(Timestamp, u64, Happening)>>,
    put: u64,
}

impl Heap {
    pub(super) fn put(&mut self, at: Timestamp, happening: Happening) {
        self.put += 1;
        self.heap.push(Reverse((at, self.put, happening)));
    }

    pub(super) fn pop(&mut self) -> Option<(Timestamp, Happening)> {
        let Reverse((at, _, happening)) = self.heap.pop()?;
        Some((at, happening))
    }
}
