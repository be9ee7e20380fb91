//! How things are shown and sent to you.
pub mod log;
pub mod notify;
pub mod plugin;
pub mod scripted;
pub mod ui;

pub use agent_pipelines_compile::{compile, error};
pub use agent_pipelines_core::{agent, clock, fingerprint, model, plan, redact, termination, text};
pub use agent_pipelines_engine::{engine, fleet};
pub use agent_pipelines_store::{exec, store};
