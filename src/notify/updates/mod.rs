//! Updates of Telegram bots: answers to questions, and commands.
mod act;
mod chat;
mod chat_question;
mod decide;
mod poll;

pub use chat_question::{ChatQuestion, close_answered, lock_delivering, needs_poller, remember};
pub use decide::{ChatAction, UpdateContext, decide};
pub use poll::Poller;
