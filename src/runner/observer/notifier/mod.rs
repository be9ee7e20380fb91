//! Notifies you of what happens in a session: writes messages into the outbox, and makes sure that they are sent.
mod attach;
mod completions;
mod missed;
mod notices;
mod observe;
mod pulse;

#[cfg(test)]
mod tests;

pub(in crate::runner) use attach::attach_notifier;
pub use missed::notify_missed;
