//! Judges what agents do with their tools.
pub mod guard;

pub use agent_pipelines_core::{clock, fingerprint, model, redact, termination, text};
