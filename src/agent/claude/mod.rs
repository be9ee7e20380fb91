//! Claude Code, headless. The behaviour relied on here was measured on 2.1.197 and 2.1.329.
mod adapter;
mod args;
mod events;
mod models;
mod permissions;
mod questions;
mod result;
mod sessions;
mod usage;

pub(super) use adapter::{Claude, FORMAT};
pub(super) use events::read;
pub(super) use questions::LOGIN;
pub(super) use usage::message_usage;
