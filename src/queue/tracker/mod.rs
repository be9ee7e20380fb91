//! Queues kept by another program.
mod claiming;
mod interface;
mod locked_tracker;
mod tracker_queue;

pub(super) use interface::{Ready, Tracker};
pub(super) use tracker_queue::TrackerQueue;
