//! Acquires a session: creates, resumes or replaces it, so that this process runs it.
mod archive;
mod error;
mod lock;
mod processes;
mod report;
mod request;
mod session;
mod stop;

pub use error::AcquireError;
pub use lock::reserve;
pub(super) use lock::{already_running, lock_retrying};
pub use processes::{end_attempt, kill_all};
pub use request::{Mode, SessionRequest};
pub use session::{Acquired, acquire};
pub use stop::stop_runner;
