//! Runs a program for a bounded time.
//!
//! It runs in a process group of its own, gets its input from us or none, and its output is kept up to a
//! limit or goes to files. When its time is over, or when nothing waits for it any more, the group and all
//! descendants are killed. What a program leaves running when it ends by itself is left alone, as the daemon of a
//! tracker is; of a gate, a judge and a queue's command ([`BoundedCommand::swept`]) it is killed too.
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
