//! Agent Pipelines: runs coding agents again and again until the work is done, and never loses its place.
pub mod cli;
pub mod fixture;
#[cfg(feature = "fuzz")]
pub mod readers;

pub use agent_pipelines_compile::{compile, error};
pub use agent_pipelines_core::{clock, fingerprint, model, redact, termination, text};
pub use agent_pipelines_engine::{autopilot, engine};
pub use agent_pipelines_fleet::fleet;
pub use agent_pipelines_guard::guard;
pub use agent_pipelines_plan::{agent, plan};
pub use agent_pipelines_runner::{
    log, notify, overview, plugin, queue, runner, scripted, supervisor, ui, workspace,
};
pub use agent_pipelines_store::{exec, store};
