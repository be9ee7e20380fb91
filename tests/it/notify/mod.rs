//! Notifications: channels against a strict server, the outbox, and answers from a chat.
mod channels;
mod commands;
mod crash;
mod desk;
mod documents;
mod server;
mod telegram;
mod tls;

pub(crate) use desk::{Desk, configure};
pub(crate) use server::{CHAT, Failure, Server, TOKEN};
