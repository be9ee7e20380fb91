//! Everything on disk, and everything that runs a program.
pub mod exec;
pub mod store;

pub use agent_pipelines_compile::{compile, error};
pub use agent_pipelines_core::{agent, clock, fingerprint, model, plan, redact, termination, text};
pub use agent_pipelines_engine::{engine, fleet};

// The plan of the random sessions, which unit tests of other crates run too.
#[cfg(test)]
#[path = "engine/properties/plans.rs"]
mod plans;
