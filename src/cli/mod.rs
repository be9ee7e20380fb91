//! The command line: one file per command.
pub mod context;
pub mod queue;
