//! The small process between runner and agent.
//!
//! It outlives the runner: it starts the agent with its output going straight to files, owns the agent's standard input,
//! enforces the attempt's limits, adopts everything the agent leaves behind and ends it, and records how the agent ended
//! in `exit.json`. From its job on it holds a lock on `stdout.log` (its own standard output, which the runner locked and
//! handed over with the job), so whether an attempt is alive is never a guess.
//!
//! A shim that is killed cannot end its agent; its parent, a guard, does so then.
//!
//! One runs beside every agent, so it is a program of its own, `ap-shim`, which links only what it uses. `ap __shim` is
//! the same where that program is missing.
mod attempt;
mod control;
mod conversation;
mod exit_file;
mod guard;
mod hang;
mod input;
mod job;
mod life;
mod mailbox;
mod memory;
pub mod message;
mod namespace;
mod output_watch;
mod program;
mod requests;
mod runner_socket;
mod signals;
mod spawn;
mod stderr_file;
mod sweep;
mod swept_command;
mod tool_calls;
mod tool_end;
mod transcript_watch;
mod wake;
mod watch;

pub use control::{AgentEnd, Control, ControlRequest, ShimControl};
pub use job::{Job, Watched};
pub use program::{main, run, sweeper, trial};
pub use spawn::SpawnedShim;
pub use swept_command::NOT_STARTED;
