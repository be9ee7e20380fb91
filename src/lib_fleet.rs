//! Decides what follows in many sessions.
pub mod fleet;

pub use agent_pipelines_core::{clock, fingerprint, model, redact, termination, text};

// For the simulated year.
#[cfg(test)]
pub use agent_pipelines_engine::engine;
#[cfg(test)]
pub use agent_pipelines_plan::plan;
