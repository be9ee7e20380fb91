//! Decides what follows from the state alone: the next attempt, a wait, or an end.
mod attempt;
mod block;
mod finish;
mod hook;
mod limits;
mod next;
mod node;
mod permission;
mod question;
mod queue;
mod refused;
mod wait;

pub use next::{ending_ahead, follow};
pub(super) use permission::permission_question;
pub(super) use wait::gives_up_at;
