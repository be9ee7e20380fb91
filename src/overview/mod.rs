//! What you look at to see whether all is well: one read model for `tail`, `snapshot`, `ok`, `health` and the day's report.
//!
//! [`log`] is the log of everything and the records of cycles, which the supervisor makes from the journals. All else reads.
pub mod errors;
pub mod log;
