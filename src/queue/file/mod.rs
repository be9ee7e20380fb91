//! Queues kept in a file that is also edited by hand.
mod claim;
mod close;
mod file_queue;
mod format;
mod merged;
mod release;
mod rematch;
mod tasks;
#[cfg(test)]
mod tests;

pub(super) use file_queue::FileQueue;
pub(super) use format::{Format, Item, Mark};
