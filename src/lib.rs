//! Agent Pipelines: runs coding agents again and again until the work is done, and never loses its place.
pub mod agent;
pub mod cli;
pub mod clock;
pub mod compile;
pub mod engine;
pub mod error;
pub mod exec;
pub mod fingerprint;
pub mod fixture;
pub mod fleet;
pub mod log;
pub mod model;
pub mod notify;
pub mod plan;
pub mod plugin;
pub mod queue;
#[cfg(any(test, feature = "fuzz"))]
pub mod readers;
pub mod redact;
pub mod runner;
pub mod scripted;
pub mod store;
pub mod supervisor;
pub mod termination;
pub mod text;
pub mod ui;
pub mod workspace;
