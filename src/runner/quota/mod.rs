//! The quota, as a runner sees it: what its agents report, and whether the next attempt may begin.
mod ask;
mod gate;
mod record;
#[cfg(test)]
mod tests;
mod wait;
mod zone;

pub use ask::ask as ask_for_quota;
pub(super) use record::QuotaAtStart;
pub(super) use wait::{Asking, answered, guard};
pub use zone::user_zone;
