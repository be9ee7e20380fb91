//! Answers from where a message was read: what is written to a Telegram bot, and what it does.
mod act;
mod asked;
mod chat;
mod decide;
mod poll;

pub use asked::{Asked, forget_answered, polls, remember};
pub use decide::{Decided, Heard, decide};
pub use poll::Poller;
