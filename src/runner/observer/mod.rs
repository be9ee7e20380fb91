//! Observers that belong to a runner.
pub(super) mod archive;
pub(super) mod ledger;
pub(super) mod notifier;
pub(super) mod questions;
pub(super) mod window;
