//! How an attempt ended, from its process and its transcript.
mod classify;
mod environment;
mod outage;
mod rate_limit;
mod refusal;

pub use classify::outcome;
pub use environment::missing_program;
