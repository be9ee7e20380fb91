//! What is known of the quota of each account: `quota.json` in the state folder, shared by all sessions of the user.
//!
//! Runners, the status line and `ap quota` write it under `quota.lock`; there is no daemon. Nothing is lost but what is
//! known of the quota if it is damaged or cannot be written.
mod account_quota;
mod cache;
mod file;
mod merge;
mod request_log;
#[cfg(test)]
mod tests;
mod update;

pub use account_quota::{AccountQuota, KnownWindow, QuotaWarning, RefusedReading};
pub use cache::QuotaCache;
pub use file::{QuotaFile, QuotaFileError, read, read_text};
pub use request_log::{ASK_LIMIT, FRESH_FOR, RequestLog};
pub use update::{Report, begin_asking, finish_asking, note_added, record};
