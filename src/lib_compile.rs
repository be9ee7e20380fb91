//! Compiles definitions to plans, and reports mistakes with file, line and column.
pub mod compile;
pub mod error;

pub use agent_pipelines_core::{agent, clock, fingerprint, model, plan, redact, termination, text};
