//! Where tasks come from: one trait, one status for all queues, one file per queue.
//!
//! A queue that keeps its tasks in a file is a `file::Format`; `file::FileQueue` adds claims, locking and safe edits.
//! One that is reached through a program is a `tracker::Tracker`; `tracker::TrackerQueue` adds exclusive claims, each
//! verified by reading the task again. `registry` lists them all.
#[cfg(feature = "fuzz")]
mod any_text;
mod backlog;
mod beads;
mod candidates;
mod check;
mod claims;
mod command;
mod error;
mod file;
mod interface;
mod json;
mod lock;
mod owner;
mod prd;
mod program;
mod queue_env;
mod registry;
mod rewrite;
mod runs;
mod snapshot;
mod task_id;
#[cfg(test)]
mod testing;
mod tracker;

#[cfg(feature = "fuzz")]
pub use any_text::read_any;
pub use beads::{has_database, too_old};
pub use candidates::{candidates, candidates_hint};
pub use check::{QueueCheck, error_status, release_and_check};
pub use error::{QueueError, QueueErrorKind, Result};
pub use interface::{Claim, LabelTarget, Queue, Release, Released};
pub use owner::{Owner, RunKey};
pub use queue_env::QueueEnv;
pub use registry::open;
pub use runs::{liveness, register_run};
pub use snapshot::TaskSnapshot;
