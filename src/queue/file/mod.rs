//! Queues kept in a file that people edit too.
mod file_queue;
mod format;
mod merged;
mod rematch;
mod tasks;
#[cfg(test)]
mod tests;

pub(super) use file_queue::FileQueue;
pub(super) use format::{Format, Item, Mark};
