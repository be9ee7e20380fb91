//! Runs a program for a bounded time.
//!
//! It runs in a process group of its own, gets its input from us or none, and its output is kept up to a
//! limit or goes to files. When its time is over, or when nothing waits for it any more, the group and all
//! descendants are killed. A program that ended by itself may leave others running on purpose, a daemon or a
//! job that a gate asks about later; those are left alone.
mod bounded;
mod error;
mod find;
mod program_options;
mod running;

pub use bounded::BoundedCommand;
pub use error::CommandError;
pub use find::{find_agent_program, find_program};
pub use program_options::{can_be_asked, program_options};
pub use running::RunningCommand;

#[cfg(test)]
mod tests;
