//! Runs a session.
pub mod runner;

pub use agent_pipelines_compile::{compile, error};
pub use agent_pipelines_core::{agent, clock, fingerprint, model, plan, redact, termination, text};
pub use agent_pipelines_engine::{autopilot, engine, fleet};
pub use agent_pipelines_queue::{queue, workspace};
pub use agent_pipelines_store::{exec, store};
pub use agent_pipelines_ui::{log, notify, plugin, scripted, ui};

// The plan of the random sessions, which unit tests of other crates run too.
#[cfg(test)]
#[path = "engine/properties/plans.rs"]
mod plans;
