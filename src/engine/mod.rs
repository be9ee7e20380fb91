//! What happens next. Pure: no clock, no files, no processes, and nothing here can fail.
//!
//! [`accept()`] turns what the world says into a fact; [`follow()`] draws the fact that follows from the
//! state alone; [`State::apply`] records a fact; [`State::pending`] says what should be in flight.
//! Starting, resuming and recovering are all the same: fold the journal, ask `follow` until it is
//! silent, ask `pending`, make it so.
mod accept;
mod block;
mod budget;
mod fallback;
mod follow;
mod idle;
mod pending;
#[cfg(test)]
pub(crate) mod properties;
mod replace;
mod retry;
mod state;
mod summary;
mod view;

pub use accept::accept;
pub use budget::{Budget, Remaining, remaining};
pub use fallback::RateLimit;
pub use follow::follow;
pub use idle::counts_idle;
pub use replace::replaceable;
pub use state::{FinishedNode, IterationRecord, NodeCounters, Phase, State};
pub use summary::SessionSummary;
pub use view::{IterationView, StateView};
