//! What the engine waits for; the runner makes it happen and reports back.
use super::Cursor;
use jiff::Timestamp;

/// Something that should be in flight. A function of the state, so it is never lost and never doubled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    RunAgent(Cursor),
    StopAgent(Cursor),
    /// Take back what ended agents hold, then look at the queue.
    CheckQueue(Cursor),
    /// Take a task for the iteration that comes next.
    ClaimTask(Cursor),
    /// Ask this gate of the node's termination whether the node is done.
    AskGate(Cursor, u32),
    /// See to it that every branch of the block runs that has not ended, as its orders say.
    RunBlock(Cursor),
    WaitUntil(Timestamp),
}
