//! Compiles definitions to plans, and reports mistakes with file, line and column.
pub mod compile;
pub mod error;

pub use agent_pipelines_core::{clock, fingerprint, model, redact, termination, text};
pub use agent_pipelines_guard::guard;
pub use agent_pipelines_plan::{agent, plan};
