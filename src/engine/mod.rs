//! What happens next. Pure: no clock, no files, no processes, and nothing here can fail.
//!
//! [`accept()`] turns an input into a fact; [`follow()`] returns the fact that follows from the state alone;
//! [`State::apply`] records a fact; [`State::pending`] returns what should be in flight. Starting, resuming and
//! recovering are the same: fold the journal, ask `follow` until it returns nothing, ask `pending`, make it so.
mod accept;
mod apply;
mod budget;
mod fallback;
mod follow;
mod hook_state;
mod idle;
mod limit_use;
mod node_state;
mod outlook;
pub mod pacing;
mod pending;
mod policy;
#[cfg(test)]
mod properties;
mod repeat;
mod repeats;
mod replace;
mod resolved;
mod retry;
mod spending;
mod state;
mod summary;
mod view;

pub use accept::accept;
pub use budget::{Budget, Remaining, remaining};
pub use follow::{ending_ahead, follow};
pub use hook_state::{EndedHook, HookState};
pub use idle::idle_limit_applies;
pub use node_state::{AgentQuestion, NodeCounters, NodeState};
pub use outlook::{BoundUnit, BoundUse, bounds, continues_until};
pub use repeat::{Repeat, Repeats};
pub use replace::replaceable;
pub use spending::Spending;
pub use state::{FinishedNode, IterationRecord, Phase, Rest, SessionState, Stall, State};
pub use summary::SessionSummary;
pub use view::{BranchView, ErrorView, IterationView, StageStatus, StageView, StateView, WaitView};
