//! Runs many sessions, day and night.
pub mod supervisor;

pub use agent_pipelines_compile::{compile, error};
pub use agent_pipelines_core::{agent, clock, fingerprint, model, plan, redact, termination, text};
pub use agent_pipelines_engine::{engine, fleet};
pub use agent_pipelines_store::{exec, store};
pub use agent_pipelines_ui::{notify, ui};
