//! The quota, as a runner sees it: what its agents report, and whether the next attempt may begin.
mod ask;
mod gate;
mod record;
#[cfg(test)]
mod tests;
mod wait;

pub use crate::exec::zone::user_zone;
pub use ask::ask as ask_for_quota;
pub(super) use record::QuotaAtStart;
pub(super) use wait::{Asking, answered, guard};
