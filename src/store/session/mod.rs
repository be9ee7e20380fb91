//! A session on disk: its plan, its journal and the state they amount to.
mod explain;
mod files;
pub mod kept;
mod live;
mod names;
mod older;
mod plan_file;
mod repair;
mod snapshot;
#[cfg(test)]
mod tests;

pub use explain::older_run;
pub use live::Session;
pub use names::{all_runs, names};
pub use older::is_older_run;
pub use plan_file::fingerprint_of as plan_meaning;
pub use plan_file::{Owner, read_plan, run_of};
pub use repair::{damaged, repair};
pub use snapshot::{Snapshot, load, load_cached, load_state, summarize};
