//! What is kept on disk: every path, and the ways to write without losing what was there.
pub mod atomic;
mod attempt_gate;
pub mod background;
pub mod beneath;
pub mod crash;
mod disk;
mod drive;
pub(crate) mod fault;
pub mod fork;
pub mod ignored;
pub mod inbox;
pub mod inputs;
pub mod journal;
pub mod layout;
pub mod library;
pub mod lock;
pub mod manifest;
pub mod observer;
mod observers;
pub mod outages;
pub mod outputs;
pub mod quota;
pub mod roots;
pub mod session;
pub mod slots;
pub mod views;

pub use attempt_gate::{AttemptGate, Permission};
