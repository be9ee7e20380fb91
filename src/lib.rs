//! Agent Pipelines: runs coding agents again and again until the work is done, and never loses its place.
pub mod cli;
pub mod fixture;
#[cfg(feature = "fuzz")]
pub mod readers;

pub use agent_pipelines_compile::{compile, error};
pub use agent_pipelines_core::{
    agent, clock, fingerprint, guard, model, plan, redact, termination, text,
};
pub use agent_pipelines_engine::{autopilot, engine, fleet};
pub use agent_pipelines_queue::{queue, workspace};
pub use agent_pipelines_runner::runner;
pub use agent_pipelines_store::{exec, store};
pub use agent_pipelines_supervisor::supervisor;
pub use agent_pipelines_ui::{log, notify, plugin, scripted, ui};
