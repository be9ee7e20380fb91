//! Reads what an agent prints, as it prints it.
mod activity;
mod budget_watch;
mod cost;
mod decoder;
mod format;
pub(super) mod json;
mod lines;
mod quota;
mod reader;
mod reckoning;
mod requests;
mod state;

pub use activity::Activity;
pub(super) use activity::about;
pub use budget_watch::Allowance;
pub(in crate::agent) use cost::Cost;
pub use decoder::{Decoder, Piece};
pub use format::OutputFormat;
pub use quota::RateLimit;
pub use reader::Transcript;
pub(in crate::agent) use reckoning::Turn;
pub use requests::{OpenRequests, PermissionRequest};
pub use state::{Denial, TranscriptState, TurnEnd};
