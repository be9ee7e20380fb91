//! Notifies you, wherever you are: messages are files before they are sent, and one process at a time sends them.
//!
//! # How a message travels
//!
//! - The observer of a session turns a fact into a [`Notice`], and [`route`](policy::route) into a [`Message`] for each channel that a
//!   rule names. Its name is made from the run, the number of the fact and the channel, so that the same fact never makes
//!   a second one.
//! - The [`Outbox`](outbox::Outbox) keeps messages in `waiting/` until they are delivered or given up.
//! - The [`sender`] is a process of its own, which the first message starts and which ends when none is left. A session
//!   never waits for it, and it never ends with a session. Who holds its lock sends.
//! - [`policy`] decides what is sent when, and what follows from each answer. It touches nothing.
pub mod channels;
mod configuration;
mod current;
pub mod http;
mod message;
pub mod outbox;
pub mod policy;
mod post;
mod secret;
pub mod sender;
pub mod updates;
mod wake;

pub use configuration::{Configuration, SenderEnv};
pub use message::{AskedQuestion, Message, Notice, Receipt};
pub use post::{Posted, post, wake_sender};
pub use secret::{Resolver, Unresolved};
pub use wake::ring;
