//! Observers that belong to a runner.
pub(super) mod end_notifier;
pub(super) mod ledger;
pub(super) mod window;
