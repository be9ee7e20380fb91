//! Keeps the sessions of registered projects going. Every decision is the fleet's.
//!
//! The loop is a runner's, one level up: what follows from the state, what should be in flight, the next thing that
//! happens, the fact it amounts to, on disk before anything is done about it.
mod backlog;
mod clocks;
mod digest;
mod env;
mod fitness;
mod inputs;
mod launch;
mod lifetime;
mod looks;
mod messages;
mod notices;
mod orders;
mod post;
mod questions;
mod reconcile;
mod room;
mod run;
mod service;
mod start;
mod wakeups;

pub use env::SupervisorEnv;
pub use lifetime::run;
