//! What is kept on disk: every path, and the ways to write without losing what was there.
pub mod atomic;
pub mod crash;
mod disk;
mod drive;
pub mod fork;
pub mod inbox;
pub mod inputs;
pub mod journal;
pub mod layout;
pub mod library;
pub mod lock;
pub mod manifest;
pub mod observer;
mod observers;
pub mod outputs;
pub mod session;
pub mod slots;
pub mod views;
