//! Decides what follows in a session.
pub mod autopilot;
pub mod engine;

pub use agent_pipelines_core::{clock, fingerprint, model, redact, termination, text};
pub use agent_pipelines_plan::{agent, plan};
