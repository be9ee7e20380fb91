//! Agent Pipelines: runs coding agents again and again until the work is done, and never loses its place.
pub mod agent;
pub mod cli;
pub mod clock;
pub mod engine;
pub mod error;
pub mod log;
pub mod model;
pub mod mux;
pub mod plan;
pub mod process;
pub mod queue;
pub mod runner;
pub mod scripted;
pub mod shell;
pub mod store;
pub mod termination;
pub mod ui;
