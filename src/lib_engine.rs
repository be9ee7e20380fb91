//! Decides what follows in a session, and in many.
pub mod autopilot;
pub mod engine;
pub mod fleet;

pub use agent_pipelines_core::{agent, clock, fingerprint, model, plan, redact, termination, text};
