//! Claude Code, headless. The behaviour relied on here was measured on 2.1.197 and 2.1.329.
mod account;
mod adapter;
mod args;
mod events;
mod models;
mod permissions;
mod prices;
mod questions;
mod quota;
mod requests;
mod result;
mod sessions;
mod usage;

pub(super) use adapter::{Claude, FORMAT};
pub(super) use events::read;
pub use prices::AS_OF as PRICES_AS_OF;
pub(super) use questions::LOGIN;
pub use quota::{NO_TRAFFIC, UsageAnswer, of_status_line, usage_answer, usage_request};
pub(super) use usage::message_usage;
