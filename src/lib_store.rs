//! Everything on disk, and everything that runs a program.
pub mod exec;
pub mod store;

pub use agent_pipelines_compile::{compile, error};
pub use agent_pipelines_core::{clock, fingerprint, model, redact, termination, text};
pub use agent_pipelines_engine::engine;
pub use agent_pipelines_fleet::fleet;
pub use agent_pipelines_plan::{agent, plan};

// The plan of the random sessions, which unit tests of other crates run too.
#[cfg(test)]
#[path = "engine/properties/plans.rs"]
mod plans;
