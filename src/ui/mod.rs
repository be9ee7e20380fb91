//! How anything is shown.
pub mod duration;
pub mod report;
