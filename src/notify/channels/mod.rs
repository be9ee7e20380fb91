//! How each kind of channel is reached: what is sent to it, and what its answers mean.
mod chat;
mod command;
mod deliver;
mod desktop;
mod ntfy;
mod reach;
pub mod telegram;
mod webhook;

pub use desktop::Desktop;
pub use reach::{Parcel, Reach};
