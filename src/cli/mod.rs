//! The command line: one file per command.
pub mod catalog;
pub mod context;
pub mod dry_run;
pub mod lint;
pub mod overview;
