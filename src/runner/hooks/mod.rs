//! Runs hooks: those that the session waits for, and those that only observe it.
mod awaited;
mod call;
mod hook_result;
mod log;
mod observer;
mod payload;
mod queue;
mod remote;
mod retry;
#[cfg(test)]
mod tests;

pub(super) use awaited::AwaitedHook;
pub(super) use observer::HookObserver;
