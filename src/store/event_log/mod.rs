//! The log of everything: `log/events-<day>.jsonl`, beside each file an index, and `log/events.jsonl`, a link to the newest.
//!
//! It is a view: the journals are the truth, and the supervisor makes it from them. It has one writer, which holds
//! `log/events.lock`. A reader trusts no index: each line it finds there has to be what the index says.
mod follow;
mod head;
mod index;
mod last;
mod lines;
mod segment;
#[cfg(test)]
mod tests;
mod writer;

pub use follow::Follower;
pub use head::{Filter, Head};
pub use last::{Last, last_lines};
pub use lines::LogEnd;
pub use segment::{DatedFile, Family, all as dated_files, newest, prune};
pub use writer::{Entry, EventLog};

/// Days that the log of everything is kept, unless `config.yaml` says otherwise.
pub const LOG_DAYS: u32 = 30;
/// Days that the records of cycles are kept, unless `config.yaml` says otherwise.
pub const HEALTH_DAYS: u32 = 90;
