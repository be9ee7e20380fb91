//! What a plan is, and how its agents are called and read.
pub mod agent;
pub mod plan;

pub use agent_pipelines_core::{clock, fingerprint, model, redact, termination, text};
