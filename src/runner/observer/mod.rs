//! Observers that belong to a runner.
pub(super) mod window;
