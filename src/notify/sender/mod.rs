//! The one process that sends messages.
//!
//! It holds the lock of the outbox. It ends when no message waits, no question is open that a chat may answer, and
//! nothing has to be called while sessions run. What needs it starts it again: see [`ensure`].
mod round;
mod run;
mod spawn;

pub use round::{Round, round};
pub use run::{Flushed, flush, run, sessions_run};
pub use spawn::ensure;
