//! Agent Pipelines: runs coding agents again and again until the work is done, and never loses its place.
pub mod cli;
pub mod clock;
pub mod error;
pub mod model;
pub mod plan;
pub mod store;
pub mod termination;
pub mod ui;
