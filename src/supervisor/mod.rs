//! Keeps the sessions of registered projects going. Every decision is the fleet's.
//!
//! The loop is a runner's, one level up: what follows from the state, what should be in flight, the next thing that
//! happens, the fact it amounts to, on disk before anything is done about it.
mod backlog;
mod clocks;
mod digest;
mod fitness;
mod human_needed;
mod inputs;
mod launch;
mod messages;
mod orders;
mod reconcile;
mod run;
mod service;
mod wakeups;

pub use human_needed::HUMAN_NEEDED;
pub use run::{SupervisorEnv, run};
