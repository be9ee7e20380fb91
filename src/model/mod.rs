//! The nouns: plain data, `serde` and nothing else. No clock, no files, no processes.
mod census;
mod change;
mod cursor;
mod effect;
mod env;
mod event;
mod id;
mod input;
pub mod mark;
mod outcome;
mod process;
mod status;
mod task;
mod usage;

pub use census::{Census, Sought, Verdict};
pub use change::{Change, PermissionMode};
pub use cursor::Cursor;
pub use effect::Effect;
pub use env::Env;
pub use event::{Ending, Event, Line, NodeEnding, WaitReason};
pub use id::{InvalidName, NodeId, RunId, SessionName};
pub use input::{Input, Request};
pub use outcome::{Exit, LimitKind, Outcome};
pub use process::ProcessId;
pub use status::{Decision, Status, StatusError, Work};
pub use task::{Task, TaskState};
pub use usage::Usage;
