//! What the engine needs; the runner does it and reports back.
use super::cursor::Cursor;
use super::hook::HookRun;
use jiff::{SignedDuration, Timestamp};

/// Something that should be in flight. A function of the state, so it is never lost and never doubled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    RunAgent(Cursor),
    StopAgent(Cursor),
    /// Release what ended agents hold, then check the queue.
    CheckQueue(Cursor),
    /// Claim a task for the next attempt.
    ClaimTask(Cursor),
    /// Ask this gate of the node's termination whether the node is done.
    AskGate(Cursor, u32),
    /// Run every branch of the block that has not ended, as its orders say.
    RunBlock(Cursor),
    /// Run this hook, which the session waits for.
    RunHook(HookRun),
    /// End this hook, since the session is to stop.
    StopHook(HookRun),
    WaitUntil(Timestamp),
    /// Wait, and look every so often whether what is waited for is there sooner.
    Probe {
        cursor: Cursor,
        until: Timestamp,
        every: SignedDuration,
    },
}
