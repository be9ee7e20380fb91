//! Runs sessions, takes their tasks, and shows and sends what happens.
pub mod log;
pub mod notify;
pub mod overview;
pub mod plugin;
pub mod queue;
pub mod runner;
pub mod scripted;
pub mod supervisor;
pub mod ui;
pub mod workspace;

pub use agent_pipelines_compile::{compile, error};
pub use agent_pipelines_core::{clock, fingerprint, model, redact, termination, text};
pub use agent_pipelines_engine::{autopilot, engine};
pub use agent_pipelines_fleet::fleet;
pub use agent_pipelines_guard::guard;
pub use agent_pipelines_plan::{agent, plan};
pub use agent_pipelines_store::{exec, store};

// The plan of the random sessions, which unit tests of other crates run too.
#[cfg(test)]
#[path = "engine/properties/plans.rs"]
mod plans;
